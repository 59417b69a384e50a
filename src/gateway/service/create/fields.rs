//! The Engine API's way of leaving a field out: what the compose file does not say is `None`.

use std::collections::{BTreeMap, HashMap};

pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn nonzero(number: i64) -> Option<i64> {
    (number != 0).then_some(number)
}

pub(super) fn list(values: &[String]) -> Option<Vec<String>> {
    nonempty(values.to_vec())
}

pub(super) fn nonempty<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

pub(super) fn map(values: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!values.is_empty()).then(|| values.clone().into_iter().collect())
}
