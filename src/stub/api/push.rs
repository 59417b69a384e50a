//! `/api/push`. It was not recorded: the lines are those of Ollama's documentation, and nothing leaves this
//! machine.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use tokio::sync::mpsc;

use super::models::{Named, parse_name};
use super::reply::{self, Refusal, Reply};
use crate::stub::Stub;
use crate::stub::catalogue::short;
use crate::stub::name::Name;
use crate::stub::pull::Line;

/// The namespace into which nobody may push.
const OFFICIAL: &str = "library";

pub(super) async fn push(State(stub): State<Arc<Stub>>, body: Bytes) -> Reply {
    let request: Named = reply::parse_named(&body, "PushRequest", &["model", "name"])?;
    if request.text().is_empty() {
        return Err(Refusal::bad("model is required"));
    }
    let name = parse_name(request.text())?;
    let (lines, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for line in outcome(&stub, &name) {
            if lines.send(line).await.is_err() {
                return;
            }
        }
    });
    Ok(reply::progress(receiver, request.stream).await)
}

fn outcome(stub: &Stub, name: &Name) -> Vec<Line> {
    let begun = Line::status("retrieving manifest");
    let failed = |error: &str| Line::Failed {
        error: error.to_owned(),
    };
    let Some(model) = stub.store.find(name) else {
        let missing = "couldn't retrieve manifest";
        return vec![begun, Line::status(missing), failed("file does not exist")];
    };
    if name.namespace == OFFICIAL {
        let denied = "you are not authorized to push to this namespace, create the model under a \
                      namespace you own";
        return vec![begun, failed(denied)];
    }
    let blobs = model.manifest.blobs().map(|layer| {
        let status = format!("pushing {}", short(layer));
        Line::blob(status, layer, layer.size)
    });
    let end = ["pushing manifest", "success"].map(Line::status);
    [begun].into_iter().chain(blobs).chain(end).collect()
}
