//! `/api/blobs`: files that a model is to be created from.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::reply::{Refusal, Reply};
use crate::stub::Stub;
use crate::stub::catalogue::hex;
use crate::stub::log::{go_make_folders, go_path_error};

/// `HEAD`: whether a blob is there.
pub(super) async fn is_there(
    State(stub): State<Arc<Stub>>,
    UrlPath(digest): UrlPath<String>,
) -> Reply {
    check(&digest)?;
    if stub.store.blob(&digest).is_file() {
        return Ok(StatusCode::OK.into_response());
    }
    Err(Refusal::not_found(format!("blob {digest:?} not found")))
}

/// `POST`: the body becomes a blob, if it is what the digest says.
pub(super) async fn upload(
    State(stub): State<Arc<Stub>>,
    UrlPath(digest): UrlPath<String>,
    body: Body,
) -> Reply {
    if let Err(refusal) = check(&digest) {
        return Ok(closed(refusal.into_response()));
    }
    let path = stub.store.blob(&digest);
    if path.is_file() {
        return Ok(closed(StatusCode::OK.into_response()));
    }
    if let Some(folder) = path.parent() {
        go_make_folders(folder).map_err(Refusal::internal)?;
    }
    // Not to be taken for a blob, nor for a pull's partial file.
    let temporary = path.with_extension(format!("upload-{}", std::process::id()));
    let written = write(&temporary, body).await;
    let got = written.inspect_err(|_| drop(std::fs::remove_file(&temporary)))?;
    if got != digest {
        let _ = std::fs::remove_file(&temporary);
        let text = format!("digest mismatch, expected {digest:?}, got {got:?}");
        return Err(Refusal::bad(text));
    }
    std::fs::rename(&temporary, &path)
        .map_err(|error| Refusal::internal(go_path_error("rename", &path, &error)))?;
    Ok(StatusCode::CREATED.into_response())
}

/// Writes a body to a file and says its digest.
async fn write(path: &Path, body: Body) -> Result<String, Refusal> {
    let failed = |error: &std::io::Error| Refusal::internal(go_path_error("write", path, error));
    let mut file = tokio::fs::File::create(path)
        .await
        .map_err(|error| failed(&error))?;
    let mut hash = Sha256::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| failed(&ErrorKind::UnexpectedEof.into()))?;
        hash.update(&chunk);
        file.write_all(&chunk)
            .await
            .map_err(|error| failed(&error))?;
    }
    file.flush().await.map_err(|error| failed(&error))?;
    Ok(format!("sha256:{}", hex(hash.finalize())))
}

fn check(digest: &str) -> Result<(), Refusal> {
    let digits = digest
        .strip_prefix("sha256:")
        .or(digest.strip_prefix("sha256-"));
    let valid = digits.is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let invalid = || Refusal::bad("invalid digest format");
    valid.then_some(()).ok_or_else(invalid)
}

/// The body was not read, so that the connection is of no more use.
fn closed(mut response: Response) -> Response {
    let close = header::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
