//! Gamma: a sum of exponential phases, whose number need not be whole.

use super::maths::{Draws, normal_quantile};
use super::{Argument, CV, Family, Impossible, Kind, MEAN, Parameter, ParameterKind, Sampled};

pub(super) const FAMILY: Family = Family {
    name: "gamma",
    about: "Any cv: exponential at 1, more regular below, more irregular above.",
    forms: &[&[MEAN, CV], &[MEAN, SHAPE], &[SCALE, SHAPE]],
    example: "{ gamma = { mean = \"20ms\", cv = 0.7 } }",
    make,
};
pub(super) const SHAPE: Parameter =
    Parameter { name: "shape", kind: ParameterKind::Number(0.001, 1_000_000.0) };
pub(super) const SCALE: Parameter = Parameter { name: "scale", kind: ParameterKind::Amount };

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gamma {
    shape: f64,
    scale: f64,
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all rows")]
fn make(arguments: &[Argument], form: usize) -> Result<Kind, Impossible> {
    let (first, second) = (arguments[0].number(), arguments[1].number());
    Ok(Kind::from(match form {
        0 => Gamma::with_mean(first, 1.0 / (second * second)),
        1 => Gamma::with_mean(first, second),
        _ => Gamma { shape: second, scale: first },
    }))
}

impl Gamma {
    pub(super) fn with_mean(mean: f64, shape: f64) -> Self {
        Gamma { shape, scale: mean / shape }
    }
}

impl Sampled for Gamma {
    /// Source: Marsaglia, Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000). The first normal number
    /// decides nearly alone, because more than 95 % of them are taken.
    fn sample(&self, draw: u64) -> f64 {
        let mut draws = Draws::of(draw);
        let boost = if self.shape < 1.0 { libm::pow(draws.unit(), 1.0 / self.shape) } else { 1.0 };
        let shape = if self.shape < 1.0 { self.shape + 1.0 } else { self.shape };
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let z = normal_quantile(draws.unit());
            let root = 1.0 + c * z;
            let cube = root * root * root;
            let u = draws.unit();
            if root > 0.0 && libm::log(u) < 0.5 * z * z + d - d * cube + d * libm::log(cube) {
                return d * cube * boost * self.scale;
            }
        }
    }

    fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    fn variance(&self) -> f64 {
        self.shape * self.scale * self.scale
    }
}
