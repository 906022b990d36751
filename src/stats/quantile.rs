//! Quantiles of a sample of independent observations, with an interval that assumes nothing of their distribution.
//! Knows nothing of what was observed.

/// A quantile of a sample, and between which two of its observations the true one lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileInterval {
    /// The sample's own quantile: the smallest observation that at least this share does not exceed.
    pub value: f64,
    /// The lower end: an observation.
    pub lower: f64,
    /// The upper end: an observation.
    pub upper: f64,
    /// How many observations.
    pub n: usize,
    /// The true probability that an interval made in this way holds the true quantile; at least what was asked for.
    pub level: f64,
}

/// The sample is too small to say anything of a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFew {
    /// How many independent observations there are.
    pub n: usize,
    /// How many it takes at least.
    pub needed: usize,
}

/// The interval of the `share` quantile (between 0 and 1, both excluded) of independent observations.
///
/// The number of observations below the true quantile is binomial, so two order statistics hold it with a probability
/// that is known exactly. As far as it can be, half of what may be missed lies at each end.
/// Source: Conover, "Practical Nonparametric Statistics", 3rd edition, section 3.2.
///
/// # Errors
/// [`TooFew`] where even the smallest and the largest observation hold it too rarely: where n is below
/// [`observations_for_quantile`].
pub fn quantile_interval(sample: &[f64], share: f64, level: f64) -> Result<QuantileInterval, TooFew> {
    let (n, needed) = (sample.len(), observations_for_quantile(share, level));
    if n < needed {
        return Err(TooFew { n, needed });
    }
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    // held[r]: the probability that fewer than r observations are below the true quantile, so that observation r is above it.
    let mut held = vec![0.0; n + 1];
    for rank in 1..=n {
        held[rank] = held[rank - 1] + binomial(n, rank - 1, share);
    }
    let last_at_most = |most: f64| (1..=n).rev().find(|&rank| held[rank] <= most).unwrap_or(1);
    // Half of what may be missed below, and above no more than what is left; where there is no such observation above, the
    // lower end gets by with less.
    let mut lower = last_at_most((1.0 - level) / 2.0);
    let upper = (1..=n).find(|&rank| held[rank] >= held[lower] + level).unwrap_or(n);
    if held[upper] < held[lower] + level {
        lower = last_at_most(held[upper] - level);
    }
    let own = ((share * n as f64).ceil() as usize).clamp(1, n);
    Ok(QuantileInterval {
        value: sorted[own - 1],
        lower: sorted[lower - 1],
        upper: sorted[upper - 1],
        n,
        level: held[upper] - held[lower],
    })
}

/// How many independent observations it takes until the smallest and the largest hold the `share` quantile with probability
/// `level`: the smallest n with 1 − shareⁿ − (1 − share)ⁿ ≥ level.
pub fn observations_for_quantile(share: f64, level: f64) -> usize {
    let held = |n: usize| 1.0 - libm::pow(share, n as f64) - libm::pow(1.0 - share, n as f64);
    let (mut low, mut high) = (0, 1);
    while held(high) < level {
        low = high;
        high *= 2;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if held(middle) < level { low = middle } else { high = middle }
    }
    high
}

/// The probability of `k` successes in `n` independent trials that each succeed with probability `share`.
fn binomial(n: usize, k: usize, share: f64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    let ways = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    libm::exp(ways + k * libm::log(share) + (n - k) * libm::log1p(-share))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_to(n: usize) -> Vec<f64> {
        (1..=n).map(|k| k as f64).collect()
    }

    /// Source: any table of the sign test: for n = 10 the second and the ninth hold the median with probability 0.9785.
    #[test]
    fn the_median_of_ten_lies_between_the_second_and_the_ninth() {
        let interval = quantile_interval(&one_to(10), 0.5, 0.95).unwrap();
        assert_eq!((interval.value, interval.lower, interval.upper), (5.0, 2.0, 9.0));
        assert!((interval.level - 0.978_516).abs() < 1e-6, "{}", interval.level);
    }

    #[test]
    fn a_small_sample_is_refused_with_the_number_that_it_takes() {
        assert_eq!(quantile_interval(&one_to(5), 0.5, 0.95), Err(TooFew { n: 5, needed: 6 }));
        // 0.95^59 is the first power below 0.05; 0.99^299 likewise.
        assert_eq!(observations_for_quantile(0.95, 0.95), 59);
        assert_eq!(observations_for_quantile(0.99, 0.95), 299);
        assert!(quantile_interval(&one_to(59), 0.95, 0.95).is_ok());
    }

    #[test]
    fn an_interval_says_truly_how_often_it_holds_the_quantile() {
        for (n, share) in [(59, 0.95), (100, 0.9), (30, 0.2), (1000, 0.99), (6, 0.5)] {
            let sample = one_to(n);
            let interval = quantile_interval(&sample, share, 0.95).unwrap();
            let (lower, upper) = (interval.lower as usize, interval.upper as usize);
            // Held if at least `lower` and fewer than `upper` observations are below the quantile.
            let held: f64 = (lower..upper).map(|k| binomial(n, k, share)).sum();
            assert!((held - interval.level).abs() < 1e-9, "n = {n}: {held} against {}", interval.level);
            assert!((0.95 - 1e-9..1.0).contains(&held), "n = {n}, {share}: {held}");
            assert!(interval.lower <= interval.value && interval.value <= interval.upper);
        }
    }
}
