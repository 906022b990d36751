//! "Did you mean": the known word nearest to a mistyped one. Knows only texts.

/// The candidate nearest to `word`, if it is near enough to be meant; the first of equally near ones.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const CHARS_MAX: usize = 64;
    if word.is_empty() || word.chars().count() > CHARS_MAX {
        return None;
    }
    let as_key = word.to_lowercase().replace('_', "-");
    let distance_max = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= CHARS_MAX)
        .map(|candidate| (distance(word, candidate).min(distance(&as_key, candidate)), candidate))
        .filter(|&(distance, _)| distance <= distance_max)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The words that may be meant, as a list to read: the nearest, or those of which `word` is a part between hyphens, as
/// `quorum` is of `rabbitmq-quorum`.
pub fn meant(word: &str, candidates: &[&str]) -> Option<String> {
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(format!("`{near}`"));
    }
    let part = format!("-{}-", word.to_lowercase().replace(['_', ' '], "-").trim_matches('-'));
    let having = candidates.iter().filter(|candidate| format!("-{candidate}-").contains(&part));
    let having: Vec<String> = having.map(|candidate| format!("`{candidate}`")).collect();
    let (last, others) = having.split_last().filter(|_| part.len() > 2)?;
    Some(if others.is_empty() { last.clone() } else { format!("{} or {last}", others.join(", ")) })
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if swapped { best.min(rows[i - 2][j - 2] + 1) } else { best }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_step() {
        assert_eq!(distance("queue", "qeuue"), 1);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_part_of_a_name_is_enough() {
        let words =
            ["rabbitmq-3.10-classic", "rabbitmq-3.10-classic-v2", "rabbitmq-4-classic", "rabbitmq-quorum"];
        let meant = |word| meant(word, &words);
        assert_eq!(meant("quorum").as_deref(), Some("`rabbitmq-quorum`"));
        assert_eq!(meant("4-classic").as_deref(), Some("`rabbitmq-4-classic`"));
        assert_eq!(meant("v2").as_deref(), Some("`rabbitmq-3.10-classic-v2`"));
        assert_eq!(
            meant("classic").as_deref(),
            Some("`rabbitmq-3.10-classic`, `rabbitmq-3.10-classic-v2` or `rabbitmq-4-classic`")
        );
        assert_eq!(meant("ssic"), None);
        assert_eq!(meant(""), None);
    }

    #[test]
    fn only_near_words_are_suggested() {
        let words = ["durable", "exclusive", "arguments"];
        assert_eq!(nearest("durrable", words), Some("durable"));
        assert_eq!(nearest("Exclusive", words), Some("exclusive"));
        assert_eq!(nearest("colour", words), None);
        assert_eq!(nearest("prefetch_count", ["prefetch-count"]), Some("prefetch-count"));
    }
}
