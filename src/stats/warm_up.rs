//! Where a series stops to depend on its start: the rule MSER-5.
//! Knows neither what was observed nor how far apart the observations are.

/// How many observations make one batch.
const BATCH: usize = 5;

/// What MSER-5 says of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUp {
    /// This many observations from the start are warm-up, a multiple of 5; the rest is kept.
    Ends(usize),
    /// The best place to cut lies in the second half: the series is too short, or it never settles.
    NotReached,
}

/// The warm-up of a series of observations at equal distances, best the mean over several replications.
///
/// Batches of 5 are averaged; the cut is where the squared standard error of the mean of what is kept is smallest:
/// Σ (x − mean)² / k² over the k batches kept. Cuts in the second half are not trusted.
/// Fewer than 10 batches are too few to say anything: [`WarmUp::NotReached`].
/// Source: K. P. White, "An Effective Truncation Heuristic for Bias Reduction in Simulation Output", Simulation 69 (1997);
/// White, Cobb, Spratt, "A Comparison of Five Steady-State Truncation Heuristics for Simulation", WSC 2000.
pub fn mser_5(series: &[f64]) -> WarmUp {
    let batches: Vec<f64> =
        series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < 10 {
        return WarmUp::NotReached;
    }
    // From the end to the start, so that each mean follows from the one before (Welford's recurrence).
    let (mut mean, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (kept, (cut, batch)) in (1..).zip(batches.iter().enumerate().rev()) {
        let kept = f64::from(kept);
        let apart = batch - mean;
        mean += apart / kept;
        squares += apart * (batch - mean);
        // The last few batches agree by accident; a cut that keeps less than 5 says nothing.
        if kept >= 5.0 && squares / (kept * kept) <= best.0 {
            best = (squares / (kept * kept), cut);
        }
    }
    if best.1 > batches.len() / 2 { WarmUp::NotReached } else { WarmUp::Ends(best.1 * BATCH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number between 0 and 1 that looks random and is the same everywhere.
    fn noise(k: usize) -> f64 {
        (k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_mul(k as u64 | 1) as f64 / u64::MAX as f64
    }

    #[test]
    fn a_series_that_is_steady_from_the_start_loses_little() {
        let series: Vec<f64> = (0..1000).map(noise).collect();
        assert!(matches!(mser_5(&series), WarmUp::Ends(cut) if cut <= 100), "{:?}", mser_5(&series));
        assert_eq!(mser_5(&[3.0; 100]), WarmUp::Ends(0));
    }

    #[test]
    fn a_jump_is_cut_off_where_it_is() {
        let series: Vec<f64> = (0..1000).map(|k| noise(k) + if k < 200 { 20.0 } else { 0.0 }).collect();
        assert!(matches!(mser_5(&series), WarmUp::Ends(200..=260)), "{:?}", mser_5(&series));
    }

    #[test]
    fn a_series_that_rises_to_its_end_has_no_steady_part() {
        let series: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(mser_5(&series), WarmUp::NotReached);
        assert_eq!(mser_5(&series[..45]), WarmUp::NotReached);
    }

    /// The recurrence is the definition.
    #[test]
    fn the_cut_minimises_the_statistic_as_it_is_defined() {
        let series: Vec<f64> = (0..300).map(|k| noise(k) + 5.0 * libm::exp(-(k as f64) / 30.0)).collect();
        let batches: Vec<f64> = series.chunks_exact(5).map(|five| five.iter().sum::<f64>() / 5.0).collect();
        let statistic = |cut: usize| {
            let kept = &batches[cut..];
            let mean = kept.iter().sum::<f64>() / kept.len() as f64;
            kept.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (kept.len() * kept.len()) as f64
        };
        let best = (0..=batches.len() - 5).min_by(|&a, &b| statistic(a).total_cmp(&statistic(b))).unwrap();
        assert_eq!(mser_5(&series), WarmUp::Ends(best * 5));
    }
}
