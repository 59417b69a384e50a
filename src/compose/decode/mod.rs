//! Typed access to nodes: every fault carries the key path, and keys that nobody asked for are found.

pub(super) mod project;

mod build;
mod deploy;
mod extensions;
mod field;
mod files;
mod mounts;
mod network;
mod numbers;
mod object;
mod parts;
mod process;
mod service;
mod short;
mod words;

use crate::compose::yaml::path::Invalid;
pub(in crate::compose) use field::Field;
use field::last_of_each;
pub(in crate::compose) use object::Object;

/// The result of decoding.
pub(super) type Decoded<T> = Result<T, Invalid>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compose::model::units::{Bytes, Interval};
    use crate::compose::yaml;
    use crate::compose::yaml::path::Path;

    fn with<T>(text: &str, decode: impl Fn(&Field<'static>) -> Decoded<T>) -> Result<T, String> {
        let node = yaml::parse(text).expect("valid").remove(0);
        let field = Field {
            path: Path::default().key("k"),
            node: Box::leak(Box::new(node)),
        };
        decode(&field).map_err(|fault| format!("{}: {}", fault.path, fault.reason))
    }

    #[test]
    fn scalars_convert_as_compose_converts_them() {
        assert_eq!(with("'true'", Field::bool), Ok(true));
        assert_eq!(with("no", Field::bool), Ok(false));
        assert_eq!(with("'12'", Field::int), Ok(12));
        assert_eq!(with("5.0", Field::int), Ok(5));
        assert_eq!(with("'0.5'", Field::float), Ok(0.5));
        assert_eq!(with("3.10", Field::scalar), Ok("3.1".into()));
        assert_eq!(with("64m", Field::bytes), Ok(Bytes(64 << 20)));
        let second = Interval::from_secs(1);
        assert_eq!(with("1s", Field::interval), Ok(second));
    }

    #[test]
    fn faults_say_what_is_allowed() {
        for (fault, says) in [
            (
                with("[]", Field::text).err(),
                "k: must be a string, not a list",
            ),
            (
                with("3", Field::text).err(),
                "k: must be a string, not a number",
            ),
            (
                with("maybe", Field::bool).err(),
                "k: must be true or false, not `maybe`",
            ),
            (
                with("x", Field::int).err(),
                "k: must be a whole number, not `x`",
            ),
            (
                with("[a, {}]", Field::texts).map(drop).err(),
                "k[1]: must be a string, not a mapping",
            ),
            (
                with("3", Field::pairs).map(drop).err(),
                "k: must be a mapping or a list of KEY=value, not a number",
            ),
        ] {
            assert_eq!(fault.as_deref(), Some(says));
        }
    }

    #[test]
    fn pairs_come_as_mapping_or_list() {
        let wanted = BTreeMap::from([
            ("A".to_owned(), Some("1=2".to_owned())),
            ("B".to_owned(), None),
        ]);
        assert_eq!(with("[A=1=2, B]", Field::pairs), Ok(wanted.clone()));
        assert_eq!(with("{A: 1=2, B: }", Field::pairs), Ok(wanted));
    }

    #[test]
    fn keys_that_nobody_asked_for_are_found() {
        let unknown = |text| {
            with(text, |field| {
                let object = field.object()?;
                object.int("ports")?;
                object.get("image");
                object.unknown()
            })
        };
        let strange = unknown("{ports: 1, strange: 2, x-prots: 3, image: 4}");
        assert_eq!(strange, Ok(vec!["k.strange".to_owned()]));
        assert_eq!(
            unknown("{prots: 1}"),
            Err("k.prots: there is no such key; did you mean `ports`?".to_owned())
        );
    }
}
