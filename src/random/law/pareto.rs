//! Pareto: heavy-tailed, as the sizes of files and the lengths of jobs often are.

use super::maths::unit;
use super::{Argument, CV, Family, Impossible, Kind, MEAN, Parameter, ParameterKind, Sampled};

pub(super) const FAMILY: Family = Family {
    name: "pareto",
    about: "Heavy-tailed: the share above x falls like a power of x, down from `min`, and up to `max` if that is there.",
    forms: &[&[MEAN, CV], &[MEAN, SHAPE], &[MIN, SHAPE], &[MIN, SHAPE, MAX]],
    example: "{ pareto = { mean = \"20ms\", shape = 2.5 } }",
    make,
};
const SHAPE: Parameter = Parameter { name: "shape", kind: ParameterKind::Number(0.1, 1000.0) };
const MIN: Parameter = Parameter { name: "min", kind: ParameterKind::Amount };
const MAX: Parameter = Parameter { name: "max", kind: ParameterKind::Amount };

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pareto {
    min: f64,
    shape: f64,
    /// Infinite where the tail has no end.
    max: f64,
}

fn make(arguments: &[Argument], form: usize) -> Result<Kind, Impossible> {
    let (first, second) = (arguments[0].number(), arguments[1].number());
    let max = arguments.get(2).map_or(f64::INFINITY, Argument::number);
    if form >= 2 {
        return if first < max {
            Ok(Kind::from(Pareto { min: first, shape: second, max }))
        } else {
            Err(Impossible {
                what: "goes from `min` to `max`, which is less".to_owned(),
                instead: "make `max` larger than `min`".to_owned(),
            })
        };
    }
    let shape = if form == 0 { 1.0 + (1.0 + 1.0 / (second * second)).sqrt() } else { second };
    if shape <= 1.0 {
        return Err(Impossible {
            what: format!("has a mean only with a shape above 1, got {shape}"),
            instead: "give `min` instead of `mean`, or a larger shape".to_owned(),
        });
    }
    Ok(Kind::from(Pareto { min: first * (shape - 1.0) / shape, shape, max }))
}

impl Pareto {
    /// The mean of the n-th power.
    fn moment(&self, n: f64) -> f64 {
        let Pareto { min, shape, max } = *self;
        if max.is_infinite() {
            return if shape > n { shape * libm::pow(min, n) / (shape - n) } else { f64::INFINITY };
        }
        let ratio = min / max;
        let kept = 1.0 - libm::pow(ratio, shape);
        if (shape - n).abs() < 1e-9 {
            return shape * libm::pow(min, n) * -libm::log(ratio) / kept;
        }
        shape * libm::pow(min, n) * (1.0 - libm::pow(ratio, shape - n)) / ((shape - n) * kept)
    }
}

impl Sampled for Pareto {
    fn sample(&self, draw: u64) -> f64 {
        let u = unit(draw);
        let above = if self.max.is_infinite() {
            u
        } else {
            1.0 - (1.0 - u) * (1.0 - libm::pow(self.min / self.max, self.shape))
        };
        (self.min * libm::pow(above, -1.0 / self.shape)).clamp(self.min, self.max)
    }

    fn mean(&self) -> f64 {
        self.moment(1.0)
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.moment(2.0) - if mean.is_finite() { mean * mean } else { 0.0 }
    }

    fn least(&self) -> f64 {
        self.min
    }
}
