//! Services worked on side by side, each as soon as what it depends on is done.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::error::Result;

/// Does the work of each item (a name, and what the work is about) after that of the names that it
/// needs, all others at the same time. After a failure nothing more begins, and what has begun is waited
/// for: nothing half-made is left unwatched.
pub(super) async fn in_order<'a, T: Copy, W>(
    items: &[(&'a str, T)],
    needs: impl Fn(&T) -> Vec<&'a str>,
    failed: &CancellationToken,
    work: impl Fn(T) -> W,
) -> Result<()>
where
    W: Future<Output = Result<()>>,
{
    let done: BTreeMap<&str, CancellationToken> = items
        .iter()
        .map(|(name, _)| (*name, CancellationToken::new()))
        .collect();
    let each = items.iter().map(|(name, item)| async {
        for needed in needs(item) {
            let Some(needed) = done.get(needed) else {
                continue;
            };
            tokio::select! {
                biased;
                () = failed.cancelled() => return Ok(()),
                () = needed.cancelled() => {}
            }
        }
        let outcome = work(*item).await;
        match &outcome {
            Ok(()) => done[name].cancel(),
            Err(_) => failed.cancel(),
        }
        outcome
    });
    join_all(each).await.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use std::cell::RefCell;

    const NEEDS: [(&str, &[&str]); 4] = [
        ("db", &[]),
        ("cache", &[]),
        ("api", &["cache", "db", "elsewhere"]),
        ("web", &["api"]),
    ];

    /// What happened, as `+` (began) and `-` (ended).
    async fn run(failing: &str) -> (String, Result<()>) {
        let items = NEEDS.map(|(name, needs)| (name, (name, needs)));
        let seen = RefCell::new(String::new());
        let failed = CancellationToken::new();
        let say = |sign: char, name: &str| {
            let mut seen = seen.borrow_mut();
            seen.push(sign);
            seen.push_str(name);
            seen.push(' ');
        };
        let outcome = in_order(
            &items,
            |(_, needs)| needs.to_vec(),
            &failed,
            async |(name, _)| {
                say('+', name);
                tokio::task::yield_now().await;
                say('-', name);
                if name == failing {
                    return Err(Error::failed(failing));
                }
                Ok(())
            },
        )
        .await;
        (seen.into_inner(), outcome)
    }

    #[tokio::test]
    async fn what_does_not_depend_on_each_other_runs_side_by_side() {
        let (seen, outcome) = run("").await;
        assert!(outcome.is_ok());
        assert!(seen.starts_with("+db +cache "), "{seen}");
        assert!(seen.ends_with("+api -api +web -web "), "{seen}");
    }

    #[tokio::test]
    async fn after_a_failure_nothing_begins_and_what_began_ends() {
        let (seen, outcome) = run("db").await;
        assert_eq!(outcome.expect_err("failed").message, "db");
        assert_eq!(seen, "+db +cache -db -cache ");
    }
}
