//! Why a connection failed, in the words of this field. The libraries that carry requests describe
//! themselves ("error in the hyper legacy client"); a person wants to know what happened.

use std::error::Error;
use std::io::ErrorKind;

/// What happened at the bottom of this error: `connection refused`, `timed out`, `the answer ended early`.
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let chain: Vec<_> = chain(error).collect();
    let innermost = chain.last().map_or_else(String::new, ToString::to_string);
    let known = chain.iter().rev().find_map(|error| in_words(*error));
    known.unwrap_or_else(|| without_number(&innermost).to_owned())
}

/// An error and what caused it, outermost first.
pub fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

fn in_words(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        return of_io(error).map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return of_http(error).map(str::to_owned);
    }
    let error = error.downcast_ref::<serde_json::Error>()?;
    Some(format!(
        "the answer is not the JSON that belongs there: {error}"
    ))
}

fn of_io(error: &std::io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        // What names itself says more: a program that is not installed.
        ErrorKind::NotFound | ErrorKind::PermissionDenied if error.get_ref().is_some() => {
            return None;
        }
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::TimedOut => "timed out",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "the other side closed the connection"
        }
        ErrorKind::UnexpectedEof => "the answer ended early",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no route to that address",
        ErrorKind::NotFound => "no such file",
        ErrorKind::PermissionDenied => "permission denied",
        // A look-up that failed has no kind of its own.
        _ if error.to_string().starts_with("failed to lookup") => "its name does not resolve",
        _ => return None,
    })
}

fn of_http(error: &hyper::Error) -> Option<&'static str> {
    Some(match error {
        error if error.is_incomplete_message() => "the connection ended before the answer did",
        error if error.is_parse() => "the answer is not HTTP",
        error if error.is_timeout() => "timed out",
        error if error.is_canceled() || error.is_closed() => "the other side closed the connection",
        _ => return None,
    })
}

/// The system's text without its number.
fn without_number(text: &str) -> &str {
    text.split(" (os error").next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("error in the legacy client")]
    struct Library(#[source] std::io::Error);

    #[test]
    fn the_bottom_of_the_chain_is_told_and_no_library() {
        let refused = std::io::Error::from(ErrorKind::ConnectionRefused);
        assert_eq!(cause(&Library(refused)), "connection refused");
        let unnamed = std::io::Error::other(
            "failed to lookup address information: Name or service not known",
        );
        assert_eq!(cause(&Library(unnamed)), "its name does not resolve");
        let other = std::io::Error::from_raw_os_error(24);
        assert_eq!(cause(&Library(other)), "Too many open files");
    }
}
