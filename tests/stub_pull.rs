//! The stub's pulls: answers against recordings, and what they leave on disk.

#[path = "stub_support/http.rs"]
mod http;
#[path = "stub_support/seen.rs"]
mod seen;

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{Call, Stub, text};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use ollamactl::stub::{Faults, PullFaults, Settings, Version};
use seen::{Seen, VERSIONS, check, settings};

const TINY: &str = r#"{"model": "tiny"}"#;

fn pull(body: &'static str) -> Call {
    Call::post("/api/pull", body)
}

fn instant() -> PullFaults {
    Faults::instant().pull
}

fn faulty(pull: PullFaults) -> Faults {
    Faults {
        pull,
        ..Faults::instant()
    }
}

/// Reads on to the next line with this end.
async fn next_line(body: &mut Incoming, end: &str) {
    let found = async {
        loop {
            let frame = body.frame().await.expect("goes on").expect("a frame");
            let line = String::from_utf8(frame.into_data().expect("data").to_vec()).expect("text");
            assert!(!line.contains("success"), "{line}");
            if line.trim_end().ends_with(end) {
                return;
            }
        }
    };
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, found).await.expect(end);
}

fn blobs(store: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(store.join("blobs"))
        .expect("is there")
        .flatten();
    files.map(|file| file.path()).collect()
}

/// The first part file.
fn part_file(store: &Path) -> PathBuf {
    let mut files = blobs(store).into_iter();
    let part = files.find(|file| file.to_string_lossy().ends_with("-partial-0"));
    part.expect("a part file")
}

/// Waits until the first part file ends so.
async fn saved(store: &Path, end: &str) {
    let written = async {
        while !std::fs::read_to_string(part_file(store)).is_ok_and(|text| text.ends_with(end)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, written).await.expect(end);
}

#[tokio::test]
async fn answers() {
    check("pull/up-to-date", &["tiny"], pull(r#"{"model": "tiny"}"#)).await;
    check(
        "pull/unknown-model",
        &[],
        pull(r#"{"model": "nosuchmodel"}"#),
    )
    .await;
    check("pull/bad-name", &[], pull(r#"{"model": "bad name!"}"#)).await;
    let unknown = r#"{"model": "nosuchmodel:7b", "stream": false}"#;
    check("pull/unknown-tag-stream-false", &[], pull(unknown)).await;
    check(
        "pull/stream-false-ok",
        &[],
        pull(r#"{"model": "tiny2", "stream": false}"#),
    )
    .await;
    for (recording, body) in [
        ("pull/bad-json", r#"{"model":"tiny""#),
        ("pull/no-body", ""),
        ("pull/empty-name", r#"{"model": ""}"#),
        ("pull/cloud-model", r#"{"model": "kimi-k2.6:cloud"}"#),
    ] {
        check(recording, &[], pull(body)).await;
    }
    let named = pull(r#"{"name": "tiny"}"#);
    check("pull/name-field", &["tiny"], named).await;
    let whole = pull(r#"{"model": "tiny2", "stream": false}"#);
    check("pull/stream-false-up-to-date", &["tiny2"], whole).await;
}

#[tokio::test]
async fn a_fresh_pull_goes_through_all_states() {
    for (version, folder) in VERSIONS {
        let store = tempfile::tempdir().expect("a folder");
        let stub = Stub::with(store.path(), &[], Faults::instant(), settings(version)).await;
        let answer = Seen::answered(stub.send(&pull(TINY)).await).await;
        let recorded = Seen::recorded_by(folder, "pull/fresh-small").expect("recorded");
        assert_eq!(answer.without_progress(), recorded.without_progress());
    }
}

#[tokio::test]
async fn names_are_the_same_model_in_any_case_and_with_the_default_tag() {
    let explicit = pull(r#"{"model": "tiny:latest"}"#);
    check("pull/both-tags", &["tiny"], explicit).await;
    check("pull/uppercase", &["tiny"], pull(r#"{"model": "TINY"}"#)).await;
    let bad = pull(r#"{"model": "bad name!", "stream": false}"#);
    check("pull/bad-name-stream-false", &[], bad).await;
}

#[tokio::test]
async fn what_a_registry_says_is_said_as_recorded() {
    let down = "pull model manifest: Get \"https://registry.ollama.ai/v2/library/MODEL/manifests/latest\": \
                dial tcp 127.0.0.1:443: connect: connection refused";
    let (other, tiny) = (
        down.replace("MODEL", "other"),
        down.replace("MODEL", "tiny"),
    );
    let busy = r#"pull model manifest: 429: {"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests"}]}"#;
    let internal =
        r#"pull model manifest: 500: {"errors":[{"code":"INTERNAL","message":"internal error"}]}"#;
    let no_json = "pull model manifest: invalid character '<' looking for beginning of value";
    let whole = r#"{"model": "other", "stream": false}"#;
    for (recording, body, error) in [
        ("blob-missing", TINY, "file does not exist"),
        ("registry-429", TINY, busy),
        ("registry-500", TINY, internal),
        (
            "registry-503-plain-text",
            TINY,
            "pull model manifest: 503: upstream connect error",
        ),
        ("registry-manifest-not-json", TINY, no_json),
        ("registry-down", r#"{"model": "other"}"#, &other),
        ("registry-down-stream-false", whole, &other),
        // The model is there already.
        ("registry-down-present-model", TINY, &tiny),
    ] {
        for (version, folder) in VERSIONS {
            let store = tempfile::tempdir().expect("a folder");
            let faults = faulty(PullFaults {
                error: Some(error.to_owned()),
                ..instant()
            });
            let stub = Stub::with(store.path(), &["tiny"], faults, settings(version)).await;
            let answer = Seen::answered(stub.send(&pull(body)).await).await;
            let recorded = Seen::recorded_by(folder, &format!("pull/{recording}"));
            assert_eq!(Some(answer), recorded, "{folder}/{recording}");
        }
    }
}

#[tokio::test]
async fn a_model_pulled_by_one_stub_is_there_for_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Stub::start(folder.path(), &[], Faults::instant()).await;
    for body in [r#"{"model": "tiny:X"}"#, r#"{"name": "TINY:x"}"#] {
        let lines = first.post("/api/pull", body).await;
        assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
    }
    let tags = text(first.send(&Call::get("/api/tags")).await).await;
    drop(first);
    let next = Stub::start(folder.path(), &[], Faults::instant()).await;
    assert_eq!(text(next.send(&Call::get("/api/tags")).await).await, tags);
    assert_eq!(tags.matches("\"name\":\"tiny:X\"").count(), 1, "{tags}");
    assert_eq!(tags.matches("\"name\":").count(), 1, "{tags}");
}

#[tokio::test]
async fn a_pull_whose_client_leaves_goes_on_later_from_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let stalled = Faults {
        pull: PullFaults {
            stall_at: Some(1000),
            faulty: 1,
            ..instant()
        },
        ..Faults::instant()
    };
    let stub = Stub::start(folder.path(), &[], stalled).await;
    let call = Call::post("/api/pull", r#"{"model": "tiny"}"#);
    let mut body = stub.send(&call).await.into_body();
    next_line(&mut body, "\"completed\":1000}").await;
    drop(body);
    saved(folder.path(), "\"Completed\":1000}\n").await;
    let lines = text(stub.send(&call).await).await;
    assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
}

#[tokio::test]
async fn pulls_go_wrong_when_asked_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = faulty(PullFaults {
        cut_at: Some(1000),
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], cut).await;
    let lines = stub.post("/api/pull", TINY).await;
    let rest = lines.strip_prefix("{\"status\":\"pulling manifest\"}\n");
    let progress = |line: &str| line.starts_with("{\"status\":\"pulling ");
    assert!(
        rest.is_some_and(|rest| rest.lines().all(progress)),
        "{lines}"
    );

    let error = faulty(PullFaults {
        error: Some("max retries exceeded: EOF".to_owned()),
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], error).await;
    let lines = stub.post("/api/pull", TINY).await;
    assert!(
        lines.ends_with("{\"error\":\"max retries exceeded: EOF\"}\n"),
        "{lines}"
    );
}

#[tokio::test]
async fn an_empty_part_file_ends_every_pull_until_it_is_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let stalled = faulty(PullFaults {
        stall_at: Some(1000),
        faulty: 1,
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], stalled).await;
    let mut body = stub.send(&pull(TINY)).await.into_body();
    next_line(&mut body, "\"completed\":1000}").await;
    drop(body);
    saved(folder.path(), "\"Completed\":1000}\n").await;
    std::fs::write(part_file(folder.path()), "").expect("writes");
    for _ in 0..2 {
        let answer = Seen::answered(stub.send(&pull(TINY)).await).await;
        assert_eq!(answer, Seen::recorded("pull/empty-part-file-1"));
    }
    let next = Stub::start(folder.path(), &[], Faults::instant()).await;
    let whole = pull(r#"{"model": "tiny", "stream": false}"#);
    let answer = Seen::answered(next.send(&whole).await).await;
    assert_eq!(answer, Seen::recorded("pull/empty-part-file-stream-false"));
    std::fs::remove_file(part_file(folder.path())).expect("removes");
    let lines = next.post("/api/pull", TINY).await;
    assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
}

#[tokio::test]
async fn content_that_is_not_its_digests_is_found_in_the_end_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = faulty(PullFaults {
        bad_digest: true,
        faulty: 1,
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], bad).await;
    let lines = stub.post("/api/pull", TINY).await;
    let recorded = "{\"error\":\"digest mismatch, file must be downloaded again: want sha256:";
    assert!(lines.contains("\"verifying sha256 digest\"}\n"), "{lines}");
    assert!(
        lines
            .lines()
            .last()
            .is_some_and(|line| line.starts_with(recorded)),
        "{lines}"
    );
    assert_eq!(blobs(folder.path()).len(), 4);
    let lines = stub.post("/api/pull", TINY).await;
    assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
}

#[tokio::test]
async fn a_disk_that_is_full_stays_full_while_the_partial_file_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = faulty(PullFaults {
        disk_full_at: Some(500_000),
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], full).await;
    let lines = stub.post("/api/pull", r#"{"model": "some:1m"}"#).await;
    assert!(
        lines.ends_with("-partial: no space left on device\"}\n"),
        "{lines}"
    );
    let part = std::fs::read_to_string(part_file(folder.path())).expect("reads");
    assert!(part.ends_with("\"Completed\":0}\n"), "{part}");
    let small = stub.post("/api/pull", TINY).await;
    assert!(
        small.ends_with("-partial-0: no space left on device\"}\n"),
        "{small}"
    );
    for blob in blobs(folder.path()) {
        std::fs::remove_file(blob).expect("removes");
    }
    let small = stub.post("/api/pull", TINY).await;
    assert!(small.ends_with("{\"status\":\"success\"}\n"), "{small}");
}

#[tokio::test]
async fn a_moved_tag_removes_what_is_not_used_any_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Stub::start(folder.path(), &["upd"], Faults::instant()).await;
    drop(first);
    let moved = faulty(PullFaults {
        revision: 1,
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], moved).await;
    let call = pull(r#"{"model": "upd"}"#);
    let answer = Seen::answered(stub.send(&call).await).await;
    let recorded = Seen::recorded("pull/update");
    assert_eq!(answer.without_progress(), recorded.without_progress());
    assert_eq!(blobs(folder.path()).len(), 5);
}

#[tokio::test]
async fn two_clients_share_a_download_and_either_may_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let stalled = faulty(PullFaults {
        stall_at: Some(1000),
        faulty: 1,
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], stalled).await;
    let mut first = stub.send(&pull(TINY)).await.into_body();
    next_line(&mut first, "\"completed\":1000}").await;
    // The second pull would not stall by itself.
    let mut second = stub.send(&pull(TINY)).await.into_body();
    next_line(&mut second, "\"completed\":1000}").await;
    drop(first);
    next_line(&mut second, "\"completed\":1000}").await;
    next_line(&mut second, "\"completed\":1000}").await;
    let part = std::fs::read_to_string(part_file(folder.path())).expect("reads");
    assert!(
        part.ends_with("\"Completed\":0}\n"),
        "not cancelled: {part}"
    );
    drop(second);
    saved(folder.path(), "\"Completed\":1000}\n").await;
}

#[tokio::test]
async fn a_stalled_part_starts_again_and_a_lost_registry_is_tried_six_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let stalled = faulty(PullFaults {
        stall_at: Some(1000),
        stall: Some(Duration::from_millis(200)),
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], stalled).await;
    let lines = stub.post("/api/pull", TINY).await;
    assert!(lines.contains("\"completed\":1000}\n"), "{lines}");
    assert!(lines.ends_with("{\"status\":\"success\"}\n"), "{lines}");
    stub.logged("part 0 stalled; retrying").await;

    let folder = tempfile::tempdir().expect("a folder");
    let lost = faulty(PullFaults {
        lost_at: Some(1000),
        retry: Duration::from_millis(3),
        faulty: 1,
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], lost).await;
    let lines = stub.post("/api/pull", TINY).await;
    let end = lines.lines().last().expect("a line");
    assert!(
        end.starts_with("{\"error\":\"max retries exceeded: Get "),
        "{lines}"
    );
    stub.logged("part 0 attempt 5 failed").await;
    saved(folder.path(), "\"Completed\":1000}\n").await;
}

#[tokio::test]
async fn large_blobs_come_in_parts() {
    let folder = tempfile::tempdir().expect("a folder");
    let stalled = faulty(PullFaults {
        stall_at: Some(100_000_000),
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], stalled).await;
    let call = pull(r#"{"model": "huge:70b"}"#);
    let mut body = stub.send(&call).await.into_body();
    next_line(&mut body, "\"completed\":100000000}").await;
    drop(body);
    let names = || {
        blobs(folder.path())
            .into_iter()
            .map(|path| path.display().to_string())
    };
    let parts = names().filter(|name| name.contains("-partial-")).count();
    assert_eq!(parts, 2, "{:?}", names().collect::<Vec<_>>());
    let data = names()
        .find(|name| name.ends_with("-partial"))
        .expect("is there");
    assert_eq!(std::fs::metadata(data).expect("is there").len(), 128 << 20);
    saved(
        folder.path(),
        "\"Size\":100000000,\"Completed\":74505805}\n",
    )
    .await;
    stub.logged("in 2 100 MB part(s)").await;
}

#[tokio::test]
async fn the_older_version_repeats_full_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let older = settings(Version::V0_24);
    let stub = Stub::with(folder.path(), &[], Faults::instant(), older).await;
    let answer = Seen::answered(stub.send(&pull(TINY)).await).await;
    let mut recorded = Seen::recorded_by("v0.24.0", "pull/fresh-small").expect("recorded");
    // How often is a matter of pace.
    let repeated = |lines: &[String]| lines.windows(2).any(|pair| pair[0] == pair[1]);
    assert!(repeated(&answer.body), "{answer:?}");
    let mut answer = answer;
    answer.body.dedup();
    recorded.body.dedup();
    assert_eq!(answer, recorded);
}

#[tokio::test]
async fn old_partial_files_go_at_a_start_and_young_ones_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let stalled = faulty(PullFaults {
        stall_at: Some(1000),
        ..instant()
    });
    let stub = Stub::start(folder.path(), &[], stalled).await;
    let mut body = stub.send(&pull(TINY)).await.into_body();
    next_line(&mut body, "\"completed\":1000}").await;
    drop(body);
    saved(folder.path(), "\"Completed\":1000}\n").await;
    drop(stub);
    let start = async |prune| {
        let settings = Settings {
            prune,
            ..Settings::default()
        };
        Stub::with(folder.path(), &[], Faults::instant(), settings).await;
        blobs(folder.path()).len()
    };
    assert_eq!(start(true).await, 2);
    let old = std::time::SystemTime::now() - Duration::from_hours(2);
    for blob in blobs(folder.path()) {
        let file = std::fs::File::options().write(true).open(blob);
        file.expect("opens").set_modified(old).expect("ages");
    }
    assert_eq!(start(false).await, 2);
    assert_eq!(start(true).await, 0);
}
