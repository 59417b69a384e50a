//! A value as a number, size or duration, and what compose takes for one.

use crate::compose::decode::{Decoded, Field};
use crate::compose::model::units::{self, Bytes, Interval};
use crate::compose::yaml::node::Node;

impl Field<'_> {
    /// A whole number, also as text; of a fraction, compose takes the whole part.
    pub(in crate::compose) fn truncated(&self) -> Decoded<i64> {
        match self.node {
            #[allow(clippy::cast_possible_truncation, reason = "Go truncates too")]
            Node::Float(value) if value.is_finite() => Ok(*value as i64),
            _ => self.int(),
        }
    }

    /// A whole number that is written as a number; of a fraction, compose takes the whole part.
    pub(in crate::compose) fn number(&self) -> Decoded<i64> {
        match self.node {
            Node::Text(_) => self.must_be("a whole number"),
            _ => self.truncated(),
        }
    }

    /// A whole number from 0 on, also as text.
    pub(in crate::compose) fn natural(&self) -> Decoded<i64> {
        self.not_negative(self.int()?)
    }

    /// The number, where it is 0 or above.
    pub(in crate::compose) fn not_negative(&self, number: i64) -> Decoded<i64> {
        match number {
            ..0 => Err(self.invalid("must not be negative")),
            number => Ok(number),
        }
    }

    /// A whole number without a decimal point, also as text.
    pub(in crate::compose) fn integer(&self) -> Decoded<i64> {
        match self.node {
            Node::Float(_) => self.must_be("a whole number without a decimal point"),
            _ => self.int(),
        }
    }

    /// A string or a whole number, as text.
    pub(in crate::compose) fn text_or_int(&self) -> Decoded<String> {
        match self.node {
            Node::Text(_) | Node::Int(_) => self.scalar(),
            _ => self.must_be("a string or a whole number"),
        }
    }

    /// A whole number, also as text or with a decimal point and nothing behind it.
    pub(in crate::compose) fn int(&self) -> Decoded<i64> {
        match self.node {
            Node::Int(value) => {
                i64::try_from(*value).map_err(|_| self.invalid("is too large a number"))
            }
            #[allow(clippy::cast_possible_truncation, reason = "it has no fraction")]
            Node::Float(value) if value.fract() == 0.0 => Ok(*value as i64),
            Node::Text(text) => {
                let fault = |_| self.invalid(format!("must be a whole number, not `{text}`"));
                text.parse().map_err(fault)
            }
            _ => self.must_be("a whole number"),
        }
    }

    /// A number, also as text. Compose keeps these in single precision, and so its hashes.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "compose holds this number as a float32"
    )]
    pub(in crate::compose) fn float(&self) -> Decoded<f32> {
        match self.node {
            Node::Int(value) => Ok(*value as f32),
            Node::Float(value) => Ok(*value as f32),
            Node::Text(text) => {
                let fault = |_| self.invalid(format!("must be a number, not `{text}`"));
                text.parse().map_err(fault)
            }
            _ => self.must_be("a number"),
        }
    }

    /// A size: text, or a whole number of bytes, which alone may be negative. Of a number with a decimal
    /// point compose makes no size at all, and says nothing; here it is refused.
    pub(in crate::compose) fn bytes(&self) -> Decoded<Bytes> {
        match self.node {
            Node::Text(text) => units::bytes(text).map_err(|reason| self.invalid(reason)),
            Node::Int(_) => self.int().map(Bytes),
            _ => self.must_be("a size such as 512m"),
        }
    }

    /// A size from 0 on.
    pub(in crate::compose) fn room(&self) -> Decoded<Bytes> {
        let size = self.bytes()?;
        self.not_negative(size.0).map(Bytes)
    }

    /// A duration.
    pub(in crate::compose) fn interval(&self) -> Decoded<Interval> {
        let Node::Text(text) = self.node else {
            return self.must_be("a duration with its unit, such as 10s");
        };
        units::interval(text).map_err(|reason| self.invalid(reason))
    }
}
