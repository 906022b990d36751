//! Weibull: times until something wears out or fails.

use super::gamma::SCALE;
use super::maths::root;
use super::{Argument, CV, Family, Impossible, Kind, MEAN, Parameter, ParameterKind, Sampled};
use crate::random::logarithm::minus_ln;

pub(super) const FAMILY: Family = Family {
    name: "weibull",
    about: "Exponential at a shape of 1; a smaller one has a heavier tail, a larger one is more regular.",
    forms: &[&[MEAN, CV], &[MEAN, SHAPE], &[SCALE, SHAPE]],
    example: "{ weibull = { mean = \"20ms\", cv = 1.5 } }",
    make,
};
const SHAPE_MIN: f64 = 0.1;
const SHAPE_MAX: f64 = 2000.0;
const SHAPE: Parameter = Parameter { name: "shape", kind: ParameterKind::Number(SHAPE_MIN, SHAPE_MAX) };

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weibull {
    scale: f64,
    shape: f64,
}

fn make(arguments: &[Argument], form: usize) -> Result<Kind, Impossible> {
    let (first, second) = (arguments[0].number(), arguments[1].number());
    let shape = if form == 0 { shape_of(second)? } else { second };
    let scale = if form == 2 { first } else { first / moment(shape, 1.0) };
    Ok(Kind::from(Weibull { scale, shape }))
}

/// The mean of the n-th power at a scale of 1.
fn moment(shape: f64, n: f64) -> f64 {
    libm::exp(libm::lgamma(1.0 + n / shape))
}

/// The square of the cv.
fn squared_cv(shape: f64) -> f64 {
    libm::expm1(libm::lgamma(1.0 + 2.0 / shape) - 2.0 * libm::lgamma(1.0 + 1.0 / shape))
}

fn shape_of(cv: f64) -> Result<f64, Impossible> {
    let most = squared_cv(SHAPE_MIN).sqrt();
    if cv > most {
        return Err(Impossible {
            what: format!("has a cv of at most {most:.0} here, got {cv}"),
            instead: "take `lognormal` or `hyperexponential`".to_owned(),
        });
    }
    // Over the logarithm of the inverse, because the cv falls from a hundred to a thousandth.
    let inverse =
        root(-libm::log(SHAPE_MAX), -libm::log(SHAPE_MIN), cv * cv, |log| squared_cv(libm::exp(-log)));
    Ok(libm::exp(-inverse))
}

impl Sampled for Weibull {
    fn sample(&self, draw: u64) -> f64 {
        self.scale * libm::pow(minus_ln(draw), 1.0 / self.shape)
    }

    fn mean(&self) -> f64 {
        self.scale * moment(self.shape, 1.0)
    }

    fn variance(&self) -> f64 {
        self.mean() * self.mean() * squared_cv(self.shape)
    }
}
