//! Floating-point numbers as Go prints them.

/// Go's `%v` of a float: the shortest digits, with an exponent below 1e-04 and from 1e+06.
pub(in crate::compose) fn print(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".to_owned()
        } else {
            format!("{}Inf", if value < 0.0 { '-' } else { '+' })
        };
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..EXPONENT_FROM).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Go prints floats of this decimal exponent and above in scientific notation.
const EXPONENT_FROM: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        for (value, printed) in [
            (1.1, "1.1"),
            (8.0, "8"),
            (0.0, "0"),
            (123_456.0, "123456"),
            (1_000_000.0, "1e+06"),
            (12_345_678.9, "1.23456789e+07"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(print(value), printed);
        }
    }
}
