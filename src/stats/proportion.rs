//! Intervals of a proportion: in how many of n independent replications something happened.
//! Knows neither AMQP nor what was counted.

/// The 0.975 quantile of the standard normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// A proportion with the two ends of its 95 % interval, all between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProportionInterval {
    /// How many of the trials.
    pub count: u64,
    /// How many independent trials; at least 1.
    pub n: u64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// The Wilson score interval at 95 % for `count` out of `n` independent trials; `None` for no trial.
///
/// Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927); it stays
/// inside 0 and 1 and is usable for small n, other than the normal approximation (Brown, Cai, `DasGupta` 2001).
pub fn wilson_interval(count: u64, n: u64) -> Option<ProportionInterval> {
    if n == 0 || count > n {
        return None;
    }
    let (trials, share) = (n as f64, count as f64 / n as f64);
    let squared = Z_95 * Z_95;
    let centre = share + squared / (2.0 * trials);
    let spread = Z_95 * (share * (1.0 - share) / trials + squared / (4.0 * trials * trials)).sqrt();
    let scale = 1.0 + squared / trials;
    // At the two ends the formula gives 0 and 1 up to rounding.
    let lower = if count == 0 { 0.0 } else { (centre - spread) / scale };
    let upper = if count == n { 1.0 } else { (centre + spread) / scale };
    Some(ProportionInterval { count, n, lower, upper })
}

/// The upper end of the one-sided 95 % interval for something that did not happen in `n` trials: 3 / n, at most 1.
///
/// Source: Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983).
pub fn rule_of_three(n: u64) -> f64 {
    if n <= 3 { 1.0 } else { 3.0 / n as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(count: u64, n: u64) -> (f64, f64) {
        let interval = wilson_interval(count, n).unwrap();
        (interval.lower, interval.upper)
    }

    #[test]
    fn wilson_gives_the_published_ends() {
        for (count, n, lower, upper) in
            [(5, 10, 0.2366, 0.7634), (0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662)]
        {
            let (low, high) = ends(count, n);
            assert!((low - lower).abs() < 1e-4 && (high - upper).abs() < 1e-4, "{low} to {high}");
        }
        assert!((ends(10, 10).1 - 1.0).abs() < f64::EPSILON);
        assert_eq!(wilson_interval(0, 0), None);
    }

    #[test]
    fn nothing_in_ten_thousand_is_below_three_in_ten_thousand() {
        assert!((rule_of_three(10_000) - 0.0003).abs() < 1e-15);
        assert!((rule_of_three(2) - 1.0).abs() < f64::EPSILON);
    }
}
