//! The order in which Go's YAML library writes the keys of a map: by letters, with numbers by their value,
//! and what is no letter before what is one.

use std::cmp::Ordering;

use super::tree::Tree;

/// The keys whose values are maps of the user's own keys; all other mappings have an order of their own.
const MAPS: [&str; 16] = [
    "annotations",
    "args",
    "configs",
    "depends_on",
    "driver_opts",
    "environment",
    "extra_hosts",
    "labels",
    "networks",
    "options",
    "secrets",
    "services",
    "storage_opt",
    "sysctls",
    "ulimits",
    "volumes",
];

/// Puts the maps of a model in that order.
pub(super) fn arrange(tree: &mut Tree) {
    each(tree, false);
}

fn each(tree: &mut Tree, is_map: bool) {
    match tree {
        Tree::Map(entries) => {
            if is_map {
                entries.sort_by(|(one, _), (other, _)| compare(one, other));
            }
            for (key, value) in entries {
                // Below an extension everything is the user's own.
                let free = is_map && key.starts_with("x-");
                each(value, free || MAPS.contains(&key.as_str()));
            }
        }
        Tree::List(values) => values.iter_mut().for_each(|value| each(value, false)),
        _ => {}
    }
}

/// As `keyList.Less` of gopkg.in/yaml.v3 decides.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (Some(a), Some(b)) = (one.get(same), other.get(same)) else {
        return one.len().cmp(&other.len());
    };
    let after_digit = same > 0 && one[same - 1].is_numeric();
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => a.cmp(b),
        (is_letter, false) if is_letter => letter_first(after_digit),
        (false, true) => letter_first(after_digit).reverse(),
        _ => number(&one, same)
            .cmp(&number(&other, same))
            .then_with(|| a.cmp(b)),
    }
}

/// A number ends before a letter, and other text goes on before one.
fn letter_first(after_digit: bool) -> Ordering {
    if after_digit {
        Ordering::Less
    } else {
        Ordering::Greater
    }
}

/// The digits from here on as a number, and how many they are. Where the number began before, a 1 stands for
/// that part, so that zeros count.
fn number(text: &[char], at: usize) -> (u64, usize) {
    let digits = text[at..].iter().take_while(|c| c.is_ascii_digit());
    let before = text[..at].iter().rev().take_while(|c| c.is_ascii_digit());
    let begun = u64::from(before.into_iter().any(|c| *c != '0'));
    let (mut value, mut count) = (begun, 0);
    for digit in digits.filter_map(|c| c.to_digit(10)) {
        value = value.saturating_mul(10).saturating_add(u64::from(digit));
        count += 1;
    }
    (value, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_as_go_orders_them() {
        let sorted = [
            "9a",
            "10",
            "A_B",
            "AB",
            "LISTEN_A",
            "LISTENER",
            "NOT_OCTAL",
            "NOTHING",
            "a2",
            "a10",
            "a10b",
            "b",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare("same", "same"), Ordering::Equal);
    }
}
