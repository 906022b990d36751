//! Lognormal: what is a product of many independent factors, as service times and disk latencies often are.

use super::maths::{normal_quantile, unit};
use super::{Argument, CV, Family, Impossible, Kind, MEAN, Parameter, ParameterKind, Sampled};

pub(super) const FAMILY: Family = Family {
    name: "lognormal",
    about: "Its logarithm is normal: many samples below the mean, few far above.",
    forms: &[&[MEAN, CV], &[MEDIAN, SIGMA]],
    example: "{ lognormal = { mean = \"20ms\", cv = 0.5 } }",
    make,
};
const MEDIAN: Parameter = Parameter { name: "median", kind: ParameterKind::Amount };
/// The standard deviation of the logarithm.
const SIGMA: Parameter = Parameter { name: "sigma", kind: ParameterKind::Number(0.001, 10.0) };

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lognormal {
    median: f64,
    sigma: f64,
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all rows")]
fn make(arguments: &[Argument], form: usize) -> Result<Kind, Impossible> {
    let (first, second) = (arguments[0].number(), arguments[1].number());
    Ok(Kind::from(match form {
        0 => {
            let factor = 1.0 + second * second;
            Lognormal { median: first / factor.sqrt(), sigma: libm::log(factor).sqrt() }
        }
        _ => Lognormal { median: first, sigma: second },
    }))
}

impl Sampled for Lognormal {
    fn sample(&self, draw: u64) -> f64 {
        self.median * libm::exp(self.sigma * normal_quantile(unit(draw)))
    }

    fn mean(&self) -> f64 {
        self.median * libm::exp(0.5 * self.sigma * self.sigma)
    }

    fn variance(&self) -> f64 {
        self.mean() * self.mean() * libm::expm1(self.sigma * self.sigma)
    }
}
