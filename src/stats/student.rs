//! Student's t distribution: its distribution function and its quantiles.
//! Knows nothing of what is estimated. Uses only exact operations and `libm`, so that every platform gives the same bits.

/// The continued fraction of the incomplete beta function converges in far fewer steps for any number of replications.
const STEPS_MAX: u32 = 10_000;
/// Relative change of the continued fraction below which it is taken as converged.
const PRECISION: f64 = 1e-15;
/// Stands in for a zero denominator in Lentz's method.
const TINY: f64 = 1e-300;

/// The probability that a Student t variable with `freedom` degrees of freedom (more than 0) is at most `t`.
///
/// Through the regularised incomplete beta function: for t ≥ 0 it is 1 − I(freedom / (freedom + t²); freedom / 2, 1 / 2) / 2.
/// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.1 and 26.5.27.
pub fn student_cdf(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The number that a Student t variable with `freedom` degrees of freedom (more than 0) stays at or below with
/// `probability`, which lies between 0 and 1, both excluded.
///
/// By bisection of [`student_cdf`]: slower than a series, but evidently right to the last bits, and needed once a table.
pub fn student_quantile(probability: f64, freedom: f64) -> f64 {
    if probability < 0.5 {
        return -student_quantile(1.0 - probability, freedom);
    }
    let (mut low, mut high) = (0.0, 1.0);
    while student_cdf(high, freedom) < probability {
        low = high;
        high *= 2.0;
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if student_cdf(middle, freedom) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The regularised incomplete beta function I(x; a, b) for x from 0 to 1.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let logarithm =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    let front = libm::exp(logarithm);
    // The fraction converges fast on this side of the mean; the other side follows by symmetry.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by the modified Lentz method.
///
/// Source: Abramowitz and Stegun 26.5.8; Press et al., "Numerical Recipes", 3rd edition, sections 5.2 and 6.4.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut upper = 1.0;
    let mut lower = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = lower;
    for step in (1..=STEPS_MAX).map(f64::from) {
        let twice = 2.0 * step;
        let even = step * (b - step) * x / ((a + twice - 1.0) * (a + twice));
        let odd = -(a + step) * (a + b + step) * x / ((a + twice) * (a + twice + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            lower = 1.0 / away_from_zero(1.0 + term * lower);
            upper = away_from_zero(1.0 + term / upper);
            change = lower * upper;
            fraction *= change;
        }
        if (change - 1.0).abs() < PRECISION {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: any printed table of the t distribution; two-sided 95 % is the 0.975 quantile.
    #[test]
    fn quantiles_are_those_of_the_printed_table() {
        let table = [
            (0.975, 1.0, 12.7062),
            (0.975, 2.0, 4.30265),
            (0.975, 3.0, 3.18245),
            (0.975, 4.0, 2.77645),
            (0.975, 5.0, 2.57058),
            (0.975, 9.0, 2.26216),
            (0.975, 29.0, 2.04523),
            (0.975, 100.0, 1.98397),
            (0.975, 1000.0, 1.96234),
            (0.995, 1.0, 63.6567),
            (0.995, 5.0, 4.03214),
            (0.995, 10.0, 3.16927),
            (0.95, 10.0, 1.81246),
        ];
        for (probability, freedom, expected) in table {
            let got = student_quantile(probability, freedom);
            assert!((got / expected - 1.0).abs() < 3e-6, "{got} against {expected} at {freedom}");
        }
    }

    /// For 1 and 2 degrees of freedom the distribution function has a closed form.
    #[test]
    fn distribution_function_agrees_with_its_closed_forms() {
        assert!((student_cdf(1.0, 1.0) - 0.75).abs() < 1e-14);
        assert!((student_cdf(0.0, 7.0) - 0.5).abs() < 1e-14);
        for t in [-30.0, -2.0, -0.1, 0.3, 2.0, 12.0f64] {
            let closed = 0.5 + t / (2.0 * (2.0 + t * t).sqrt());
            assert!((student_cdf(t, 2.0) - closed).abs() < 1e-13, "t = {t}");
        }
    }

    #[test]
    fn quantile_is_odd_and_inverts_the_distribution_function() {
        for freedom in [1.0, 2.0, 9.0, 200.0] {
            for probability in [0.01, 0.2, 0.5, 0.7, 0.999] {
                let t = student_quantile(probability, freedom);
                assert!((student_cdf(t, freedom) - probability).abs() < 1e-12);
                assert!((t + student_quantile(1.0 - probability, freedom)).abs() < 1e-9 * t.abs().max(1.0));
            }
        }
    }
}
