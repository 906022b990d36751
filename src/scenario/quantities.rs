//! Quantities with units: durations, sizes and factors, and what is wrong with their text.

use crate::random::{Exponent, Probability};
use crate::units::{QuantityError, Rate, SimDuration, parse_bytes, parse_duration, parse_rate};

use super::diagnostic::Diagnostic;
use super::ids;
use super::keys::{DURATION_UNITS, Kind, RATE_UNITS, SIZE_UNITS};
use super::node::{Node, Value, shortened};
use super::reader::Reading;
use super::suggest::nearest;
use super::values::wrong_type;

/// What distinguishes the diagnostics of a kind of quantity.
struct Quantity {
    noun: &'static str,
    units: &'static str,
    /// A unit that a bare number may have been meant in.
    unit_usual: &'static str,
    example: &'static str,
    id_without_unit: &'static str,
}

const DURATION: Quantity = Quantity {
    noun: "a duration",
    units: DURATION_UNITS,
    unit_usual: "ms",
    example: "200ms",
    id_without_unit: ids::DURATION_WITHOUT_UNIT,
};

const SIZE: Quantity = Quantity {
    noun: "a size",
    units: SIZE_UNITS,
    unit_usual: "B",
    example: "4KiB",
    id_without_unit: ids::SIZE_WITHOUT_UNIT,
};

const RATE: Quantity = Quantity {
    noun: "a rate",
    units: RATE_UNITS,
    unit_usual: "/s",
    example: "50/s",
    id_without_unit: ids::RATE_WITHOUT_UNIT,
};

/// A length of time.
pub(super) fn duration(node: &Node, reading: &mut Reading<'_>) -> Option<SimDuration> {
    quantity(node, reading, &DURATION, parse_duration)
}

/// A length of time; `None` for the word `off`.
#[expect(clippy::option_option, reason = "the outer one is for a mistake, the inner one for the word")]
pub(super) fn duration_or_off(node: &Node, reading: &mut Reading<'_>) -> Option<Option<SimDuration>> {
    if node.as_text() == Some("off") { Some(None) } else { duration(node, reading).map(Some) }
}

/// A length of time; `None` for the word `auto`.
#[expect(clippy::option_option, reason = "the outer one is for a mistake, the inner one for the word")]
pub(super) fn duration_or_auto(node: &Node, reading: &mut Reading<'_>) -> Option<Option<SimDuration>> {
    if node.as_text() == Some("auto") { Some(None) } else { duration(node, reading).map(Some) }
}

/// A number of bytes.
pub(super) fn size(node: &Node, reading: &mut Reading<'_>) -> Option<u64> {
    quantity(node, reading, &SIZE, parse_bytes)
}

/// A rate.
pub(super) fn rate(node: &Node, reading: &mut Reading<'_>) -> Option<Rate> {
    quantity(node, reading, &RATE, parse_rate)
}

fn quantity<T>(
    node: &Node,
    reading: &mut Reading<'_>,
    quantity: &Quantity,
    parse: fn(&str) -> Result<T, QuantityError>,
) -> Option<T> {
    let (text, result) = match &node.value {
        Value::Text(text) => (text.clone(), parse(text)),
        Value::Integer(number) => (number.to_string(), Err(QuantityError::NoUnit)),
        Value::Decimal(digits) => (digits.clone(), Err(QuantityError::NoUnit)),
        _ => {
            wrong_type(node, reading);
            return None;
        }
    };
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            // A length of time is usually in the unit of the key's example; a bare size is probably in bytes.
            let example = reading.key.example.trim_matches('"');
            let timed = matches!(
                reading.key.kind,
                Kind::Duration | Kind::DurationOrOff | Kind::DurationOrAuto | Kind::Distribution
            );
            let unit = if timed && parse(example).is_ok() {
                example.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
            } else {
                quantity.unit_usual
            };
            let mut diagnostic = quantity.diagnose(error, text.trim(), unit).at(node.place.as_ref());
            if matches!(reading.key.kind, Kind::DurationOrOff) {
                diagnostic = diagnostic.note(format!("`{} = \"off\"` stands for never", reading.key.name));
            }
            reading.problems.push(diagnostic);
            None
        }
    }
}

impl Quantity {
    fn diagnose(&self, error: QuantityError, text: &str, unit_usual: &str) -> Diagnostic {
        let got = shortened(text);
        let noun = self.noun;
        let units = format!("the units are {}", self.units);
        match error {
            _ if text.starts_with('-') => {
                Diagnostic::error(ids::NEGATIVE_QUANTITY, format!("{noun} must be 0 or more, got `{got}`"))
            }
            QuantityError::NoUnit => {
                Diagnostic::error(self.id_without_unit, format!("{noun} needs a unit, got `{got}`"))
                    .help(format!("write \"{got}{unit_usual}\"; {units}"))
            }
            QuantityError::NoNumber => Diagnostic::error(
                ids::MALFORMED_QUANTITY,
                format!("{noun} is a number with a unit, got `{got}`"),
            )
            .help(format!("for example \"{}\"; {units}", self.example)),
            QuantityError::UnknownUnit => {
                let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || ". _".contains(c));
                let known = self.units.split(", ");
                let near = nearest(unit, known).map(|near| format!("did you mean `{near}`?"));
                Diagnostic::error(
                    ids::UNKNOWN_UNIT,
                    format!("{noun} has no unit `{}`, got `{got}`", shortened(unit)),
                )
                .help_if(near)
                .note(units)
            }
            QuantityError::TooPrecise => {
                Diagnostic::error(ids::QUANTITY_TOO_PRECISE, format!("`{got}` has too many decimals"))
                    .note(format!("{noun} is held in whole {}", self.units.split(", ").next().unwrap_or("")))
            }
            QuantityError::TooLarge => {
                Diagnostic::error(ids::QUANTITY_TOO_LARGE, format!("`{got}` is more than {noun} can be"))
            }
        }
    }
}

/// A number with a bounded number of decimals, held as an integer.
struct Fixed {
    decimals: usize,
    /// In units of the last decimal, both included.
    range: (u64, u64),
    /// The range as people write it.
    shown: &'static str,
}

/// A factor with up to three decimals, in thousandths. Written as a number or as a string.
pub(super) fn permille(node: &Node, reading: &mut Reading<'_>) -> Option<u32> {
    let factor = Fixed { decimals: 3, range: (1, 1_000_000), shown: "0.001 and 1000" };
    fixed(node, reading, &factor).map(|thousandths| thousandths as u32)
}

/// The exponent of Zipf's law.
pub(super) fn exponent(node: &Node, reading: &mut Reading<'_>) -> Option<Exponent> {
    let exponent = Fixed { decimals: 3, range: (0, 10_000), shown: "0 and 10" };
    fixed(node, reading, &exponent).map(|thousandths| Exponent(thousandths as u32))
}

/// A probability with up to nine decimals.
pub(super) fn probability(node: &Node, reading: &mut Reading<'_>) -> Option<Probability> {
    let probability = Fixed { decimals: 9, range: (0, 1_000_000_000), shown: "0 and 1" };
    fixed(node, reading, &probability).map(|billionths| Probability::from_billionths(billionths as u32))
}

fn fixed(node: &Node, reading: &mut Reading<'_>, fixed: &Fixed) -> Option<u64> {
    let text = match &node.value {
        Value::Text(text) | Value::Decimal(text) => text.trim().to_owned(),
        Value::Integer(number) => number.to_string(),
        _ => {
            wrong_type(node, reading);
            return None;
        }
    };
    let places = fixed.decimals;
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = decimals.trim_end_matches('0');
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let what = format!("`{}` of {}", reading.key.name, reading.owner);
    let got = shortened(&text);
    let diagnostic = if digits(whole) && (decimals.is_empty() || digits(decimals)) && decimals.len() <= places
    {
        let units: Option<u64> = format!("{whole}{decimals:0<places$}").parse().ok();
        if let Some(value) = units.filter(|value| (fixed.range.0..=fixed.range.1).contains(value)) {
            return Some(value);
        }
        let message = format!("{what} must be between {}, got {got}", fixed.shown);
        Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message)
    } else if digits(whole) && digits(decimals) {
        let words = if places == 3 { "three" } else { "nine" };
        let message = format!("{what} has at most {words} decimals, got {got}");
        Diagnostic::error(ids::QUANTITY_TOO_PRECISE, message)
    } else if whole.starts_with('-') {
        let least = if fixed.range.0 == 0 { "0 or more" } else { "above 0" };
        let message = format!("{what} must be {least}, got {got}");
        Diagnostic::error(ids::NEGATIVE_QUANTITY, message)
    } else {
        let message = format!("{what} is a number such as 0.5, got {got}");
        Diagnostic::error(ids::MALFORMED_QUANTITY, message)
    };
    reading.problems.push(diagnostic.at(node.place.as_ref()));
    None
}
