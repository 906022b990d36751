//! Indices of fairness: how evenly something was shared. Numbers in, numbers out.
//! Knows nothing of who shares what.

/// Jain's fairness index of `shares`, none negative: (Σx)² / (n · Σx²).
///
/// From 1 / n (one has all) to 1 (all have the same); k of n with equal shares and the others with nothing give k / n.
/// It does not depend on the unit of the shares. `None` for fewer than two shares, or where all are 0: nothing was shared.
///
/// # Source
/// Jain, Chiu, Hawe, "A Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared Computer
/// Systems", DEC-TR-301, 1984.
pub fn jain_index(shares: &[f64]) -> Option<f64> {
    if shares.len() < 2 {
        return None;
    }
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    (squares > 0.0).then(|| sum * sum / (shares.len() as f64 * squares))
}

/// The largest of `counts` over the smallest: 1 where all have the same, without an upper bound.
///
/// A count of 0 is taken as 1, so that the ratio stays a number: where somebody got nothing, it says that the largest got
/// at least so many times as much. `None` for fewer than two counts, or where all are 0.
pub fn max_min_ratio(counts: &[u64]) -> Option<f64> {
    if counts.len() < 2 {
        return None;
    }
    let (min, max) = (counts.iter().min()?, counts.iter().max()?);
    (*max > 0).then(|| *max as f64 / (*min).max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: Option<f64>, expected: f64) -> bool {
        got.is_some_and(|got| (got - expected).abs() < 1e-12)
    }

    /// The examples of the report's section 2: k of n get equal shares.
    #[test]
    fn jain_index_is_the_part_of_those_who_got_something() {
        assert!(close(jain_index(&[5.0, 5.0, 5.0, 5.0]), 1.0));
        assert!(close(jain_index(&[5.0, 0.0, 5.0, 0.0]), 0.5));
        assert!(close(jain_index(&[9.0, 0.0, 0.0, 0.0]), 0.25));
    }

    #[test]
    fn jain_index_does_not_depend_on_the_unit() {
        let (small, large) = ([1.0, 2.0, 4.0], [1e9, 2e9, 4e9]);
        assert!(close(jain_index(&small), jain_index(&large).unwrap()));
    }

    #[test]
    fn nothing_shared_has_no_index() {
        assert_eq!(jain_index(&[]), None);
        assert_eq!(jain_index(&[3.0]), None);
        assert_eq!(jain_index(&[0.0, 0.0]), None);
        assert_eq!(max_min_ratio(&[0, 0]), None);
        assert_eq!(max_min_ratio(&[7]), None);
    }

    #[test]
    fn somebody_who_got_nothing_counts_as_one() {
        assert!(close(max_min_ratio(&[100, 25]), 4.0));
        assert!(close(max_min_ratio(&[100, 0]), 100.0));
    }
}
