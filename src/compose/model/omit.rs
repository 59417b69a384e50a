//! The rule by which compose leaves fields out of a service's JSON, which is what its `config-hash`
//! label is computed from: Go's `omitempty` drops false, zero, unset, and empty text, lists and maps,
//! but never a struct.

use std::collections::BTreeMap;

/// A value that may be left out of the canonical JSON.
pub(in crate::compose) trait Omit {
    /// Whether Go's `omitempty` leaves the value out.
    fn omit(&self) -> bool {
        false
    }
}

/// Types that are left out when they are their own default.
macro_rules! omit_default {
    ($($type:ty),*) => { $(impl Omit for $type {
        #[allow(clippy::float_cmp, reason = "exactly zero is meant")]
        fn omit(&self) -> bool {
            *self == <$type>::default()
        }
    })* };
}
pub(super) use omit_default;

omit_default!(bool, i64, u16, u32, f32, String);

impl<T> Omit for Option<T> {
    fn omit(&self) -> bool {
        self.is_none()
    }
}

impl<T> Omit for Vec<T> {
    fn omit(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Omit for BTreeMap<K, V> {
    fn omit(&self) -> bool {
        self.is_empty()
    }
}

/// Declares structs whose fields serialise as compose's do: in the order written, empty ones omitted.
macro_rules! canonical {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident: $type:ty, )*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::compose::model::omit::Omit::omit")]
                pub $field: $type,
            )*
        }
        impl crate::compose::model::omit::Omit for $name {}
    )* };
}
pub(super) use canonical;
