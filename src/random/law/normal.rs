//! Normal, truncated: never below 0, because nothing takes less than no time.

use super::maths::{normal_above, normal_density, normal_quantile, root, unit};
use super::{Argument, CV, Family, Impossible, Kind, MEAN, Parameter, ParameterKind, Sampled};

pub(super) const FAMILY: Family = Family {
    name: "normal",
    about: "Normal, cut off at 0; `mean` and `cv` are those of what is left, `mu` and `sigma` those before the cut.",
    forms: &[&[MEAN, CV], &[MU, SIGMA], &[MU, SIGMA, MIN, MAX]],
    example: "{ normal = { mean = \"20ms\", cv = 0.2 } }",
    make,
};
const MU: Parameter = Parameter { name: "mu", kind: ParameterKind::Amount };
const SIGMA: Parameter = Parameter { name: "sigma", kind: ParameterKind::Amount };
const MIN: Parameter = Parameter { name: "min", kind: ParameterKind::Amount };
const MAX: Parameter = Parameter { name: "max", kind: ParameterKind::Amount };

/// The largest cv: what is left of a normal law above 0 comes close to an exponential one, whose cv is 1, and not beyond.
const CV_MAX: f64 = 0.99;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Normal {
    mu: f64,
    sigma: f64,
    /// The cuts as standard deviations from `mu`.
    low: f64,
    high: f64,
    /// The shares of the whole law above them.
    above_low: f64,
    above_high: f64,
}

fn make(arguments: &[Argument], form: usize) -> Result<Kind, Impossible> {
    let at = |index: usize| arguments.get(index).map(Argument::number);
    let (first, second) = (at(0).unwrap_or_default(), at(1).unwrap_or_default());
    if form == 0 {
        return Normal::with_mean(first, second).map(Kind::from);
    }
    let (min, max) = (at(2).unwrap_or_default(), at(3).unwrap_or(f64::INFINITY));
    if min >= max {
        return Err(Impossible {
            what: "goes from `min` to `max`, which is less".to_owned(),
            instead: "make `max` larger than `min`".to_owned(),
        });
    }
    let law = Normal::new(first, second, min, max);
    // Below this, what is left has lost its digits.
    if law.above_low - law.above_high < 1e-9 {
        return Err(Impossible {
            what: "has nothing between `min` and `max`".to_owned(),
            instead: "take bounds nearer to `mu`, or a larger `sigma`".to_owned(),
        });
    }
    Ok(Kind::from(law))
}

impl Normal {
    fn new(mu: f64, sigma: f64, min: f64, max: f64) -> Self {
        let (low, high) = ((min - mu) / sigma, (max - mu) / sigma);
        Normal { mu, sigma, low, high, above_low: normal_above(low), above_high: normal_above(high) }
    }

    /// The law that has this mean and cv once it is cut off at 0.
    fn with_mean(mean: f64, cv: f64) -> Result<Self, Impossible> {
        if cv > CV_MAX {
            return Err(Impossible {
                what: format!("that is cut off at 0 has a cv below 1, got {cv}"),
                instead: "take `lognormal` or `gamma`".to_owned(),
            });
        }
        // With the cut `low` standard deviations above mu and h the density there over the share above it, the mean is
        // sigma (h - low) and the variance sigma² (1 + low h - h²).
        let cv_at = |low: f64| {
            let h = normal_density(low) / normal_above(low);
            (1.0 + low * h - h * h).max(0.0).sqrt() / (h - low)
        };
        let low = root(-1.0 / 0.0005, 30.0, cv, cv_at);
        let h = normal_density(low) / normal_above(low);
        let sigma = mean / (h - low);
        Ok(Normal::new(-low * sigma, sigma, 0.0, f64::INFINITY))
    }

    /// What is left of the law, and the sum of the densities at the cuts, weighted by `by`.
    fn cut(&self, by: impl Fn(f64) -> f64) -> f64 {
        let at = |z: f64| if z.is_finite() { by(z) * normal_density(z) } else { 0.0 };
        (at(self.low) - at(self.high)) / (self.above_low - self.above_high)
    }
}

impl Sampled for Normal {
    /// By the share above, which keeps its digits where only the upper tail is left.
    fn sample(&self, draw: u64) -> f64 {
        let above = self.above_low - unit(draw) * (self.above_low - self.above_high);
        let z = -normal_quantile(above.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0));
        self.mu + self.sigma * z.clamp(self.low, self.high)
    }

    fn mean(&self) -> f64 {
        self.mu + self.sigma * self.cut(|_| 1.0)
    }

    fn variance(&self) -> f64 {
        let shift = self.cut(|_| 1.0);
        self.sigma * self.sigma * (1.0 + self.cut(|z| z) - shift * shift)
    }

    fn least(&self) -> f64 {
        (self.mu + self.sigma * self.low).max(0.0)
    }
}
