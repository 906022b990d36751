//! Confidence intervals of a mean over independent replications, and of a difference between paired ones.
//! Knows neither AMQP nor what a number measures. Sums run in the order of the observations, so results are the same bits.

use std::fmt;

use super::{difference, student_quantile};

/// The confidence level of every interval that is reported.
pub const LEVEL: f64 = 0.95;

/// How an interval was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Student's t over the values of independent replications.
    Student,
    /// Student's t over the differences between replications that share their seeds.
    PairedStudent,
}

impl Method {
    /// The method as it stands behind an interval.
    pub const fn words(self) -> &'static str {
        match self {
            Method::Student => "Student",
            Method::PairedStudent => "paired Student",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

/// A mean with the half-width of its two-sided confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceInterval {
    /// The arithmetic mean, in the unit of the observations.
    pub mean: f64,
    /// Half of the interval's width, in the unit of the observations; not negative.
    pub half_width: f64,
    /// How many replications; at least 2.
    pub n: usize,
    /// The confidence level, between 0 and 1.
    pub level: f64,
    /// How it was made.
    pub method: Method,
}

impl ConfidenceInterval {
    /// The interval of the mean of `values`, one from each replication; `None` for fewer than two.
    ///
    /// Mean ± t(1 − (1 − level) / 2; n − 1) · s / √n, with s the sample's standard deviation (divisor n − 1).
    /// Source: Law, "Simulation Modeling and Analysis", 5th edition, section 4.5.
    pub fn of_mean(values: &[f64], level: f64) -> Option<ConfidenceInterval> {
        if values.len() < 2 {
            return None;
        }
        // Equal values have no spread; their sum, divided, could miss them by a rounding.
        if values.iter().all(|value| value.to_bits() == values[0].to_bits()) {
            let (n, method) = (values.len(), Method::Student);
            return Some(ConfidenceInterval { mean: values[0], half_width: 0.0, n, level, method });
        }
        let n = values.len() as f64;
        let mean = mean(values)?;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let standard_error = (squares / (n - 1.0) / n).sqrt();
        let half_width = student_quantile(0.5 + level / 2.0, n - 1.0) * standard_error;
        Some(ConfidenceInterval { mean, half_width, n: values.len(), level, method: Method::Student })
    }

    /// The interval of the mean of `others[k] − base[k]`, where both come from the same seed; `None` for fewer than two
    /// pairs.
    ///
    /// Common random numbers make the two correlate, which narrows the interval of their difference.
    /// Source: Law, section 10.2.1 (paired-t interval).
    pub fn of_paired_difference(base: &[f64], others: &[f64], level: f64) -> Option<ConfidenceInterval> {
        let differences: Vec<f64> =
            base.iter().zip(others).map(|(base, other)| difference(*base, *other)).collect();
        let interval = ConfidenceInterval::of_mean(&differences, level)?;
        Some(ConfidenceInterval { method: Method::PairedStudent, ..interval })
    }

    /// The two ends for a quantity that cannot be negative: what lies below 0 is cut off. The truth is never there, so the cut
    /// interval holds it exactly as often as the whole one. A difference may be negative and is left alone.
    pub fn possible_ends(&self) -> (f64, f64) {
        match self.method {
            Method::Student if self.mean >= 0.0 => (self.lower().max(0.0), self.upper()),
            Method::Student | Method::PairedStudent => (self.lower(), self.upper()),
        }
    }

    /// The lower end.
    pub fn lower(&self) -> f64 {
        self.mean - self.half_width
    }

    /// The upper end.
    pub fn upper(&self) -> f64 {
        self.mean + self.half_width
    }
}

/// The arithmetic mean of `values`, summed in their order; `None` without any.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean 3, s = √2.5, t(0.975; 4) = 2.77645: half-width 1.96324.
    #[test]
    fn interval_of_one_to_five_is_the_one_of_the_textbook() {
        let interval = ConfidenceInterval::of_mean(&[1.0, 2.0, 3.0, 4.0, 5.0], LEVEL).unwrap();
        assert!((interval.mean - 3.0).abs() < 1e-15);
        assert!((interval.half_width - 1.963_24).abs() < 1e-5, "{}", interval.half_width);
        assert_eq!((interval.n, interval.method), (5, Method::Student));
        assert!(interval.lower() < 1.04 && 4.96 < interval.upper());
    }

    #[test]
    fn what_cannot_be_negative_is_cut_off_at_0_and_a_difference_is_not() {
        let rare = [0.0, 0.0, 0.0, 5.0];
        let cut = ConfidenceInterval::of_mean(&rare, LEVEL).unwrap();
        assert!(cut.lower() < 0.0 && cut.possible_ends() == (0.0, cut.upper()));
        let whole = ConfidenceInterval::of_mean(&[4.0, 5.0, 6.0], LEVEL).unwrap();
        assert_eq!(whole.possible_ends(), (whole.lower(), whole.upper()));
        let paired = ConfidenceInterval::of_paired_difference(&[0.0; 4], &rare, LEVEL).unwrap();
        assert_eq!(paired.possible_ends(), (paired.lower(), paired.upper()));
    }

    #[test]
    fn one_value_has_no_interval_and_equal_values_have_one_of_width_zero() {
        assert_eq!(ConfidenceInterval::of_mean(&[7.0], LEVEL), None);
        let interval = ConfidenceInterval::of_mean(&[7.0; 4], LEVEL).unwrap();
        assert!(interval.half_width.abs() < f64::EPSILON);
    }

    /// Two noisy series with a constant difference: pairing finds it exactly.
    #[test]
    fn pairing_removes_what_both_series_share() {
        let base = [10.0, 20.0, 30.0, 40.0];
        let other = [12.0, 22.0, 32.0, 42.0];
        let paired = ConfidenceInterval::of_paired_difference(&base, &other, LEVEL).unwrap();
        assert!((paired.mean - 2.0).abs() < 1e-12 && paired.half_width < 1e-12);
        assert_eq!(paired.method, Method::PairedStudent);
    }
}
