//! Differences in pairs: how surprising one is, and what sharing random numbers was worth.
//! Knows nothing of what was compared.

use super::{Estimate, mean, student_cdf, student_quantile};

/// Two values of a ratio that differ by less than this part of them differ by the rounding of floating point.
const RESIDUE: f64 = 1e-9;

/// `other − base`; 0 where only the rounding of floating point tells them apart.
pub fn difference(base: f64, other: f64) -> f64 {
    let difference = other - base;
    if difference.abs() <= RESIDUE * base.abs().max(other.abs()) { 0.0 } else { difference }
}

impl Estimate {
    /// Two-sided p-value of the t-test that the mean is zero; `None` without an interval. Without any spread it is 1 for
    /// zero and 0 for anything else.
    ///
    /// Source: Law, "Simulation Modeling and Analysis", 5th edition, section 10.2.1.
    pub fn p_value(&self) -> Option<f64> {
        let Estimate::Interval(interval) = self else { return None };
        if interval.half_width <= 0.0 {
            return Some(if interval.mean == 0.0 { 1.0 } else { 0.0 });
        }
        let freedom = interval.n as f64 - 1.0;
        let error = interval.half_width / student_quantile(0.5 + interval.level / 2.0, freedom);
        Some(2.0 * (1.0 - student_cdf(interval.mean.abs() / error, freedom)))
    }
}

/// How many times smaller the variance of a difference is than it would be without common random numbers:
/// (Var a + Var b) / Var(b − a) over the pairs. Below 1, pairing made it worse.
///
/// `None` for fewer than two pairs, where both are constant, or where the difference is: nothing is left of its variance.
pub fn variance_reduction(base: &[f64], others: &[f64]) -> Option<f64> {
    let differences: Vec<f64> =
        base.iter().zip(others).map(|(base, other)| difference(*base, *other)).collect();
    let apart = variance(&differences)?;
    let each = variance(base)? + variance(others)?;
    (apart > 0.0 && each > 0.0).then(|| each / apart)
}

/// The sample's variance (divisor n − 1).
fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some(squares / (values.len() as f64 - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean 3, s = √2.5, n = 5: t = 4.2426 with 4 degrees of freedom, p = 0.01324.
    #[test]
    fn a_p_value_is_that_of_the_t_test() {
        let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0], true).unwrap();
        assert!((estimate.p_value().unwrap() - 0.013_24).abs() < 1e-5);
        assert_eq!(Estimate::Exact(3.0).p_value(), None);
        assert_eq!(Estimate::of(&[2.0, 2.0], true).unwrap().p_value(), Some(0.0));
        assert_eq!(Estimate::of(&[0.0, 0.0], true).unwrap().p_value(), Some(1.0));
    }

    #[test]
    fn what_rises_together_has_a_small_variance_of_its_difference() {
        let base = [1.0, 2.0, 3.0, 4.0];
        // Variances 5/3 each; differences 1, 1, 1, 2 have variance 1/4.
        let reduction = variance_reduction(&base, &[2.0, 3.0, 4.0, 6.0]).unwrap();
        assert!((reduction - (5.0 / 3.0 + 35.0 / 12.0) / 0.25).abs() < 1e-12, "{reduction}");
        assert!(variance_reduction(&base, &[4.0, 3.0, 2.0, 1.0]).unwrap() < 1.0);
        assert_eq!(variance_reduction(&base, &[2.0, 3.0, 4.0, 5.0]), None);
        assert_eq!(variance_reduction(&[1.0], &[2.0]), None);
    }
}
