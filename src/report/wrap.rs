//! Breaking long text into lines. Knows nothing of what the text says.

/// Breaks `text` at blanks so that no line is longer than `width` unless a single word is. The first line stands behind
/// `lead`; the others begin with `indent` blanks. A no-break space is not a blank.
pub(super) fn wrap(lead: &str, indent: usize, text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    let mut used = lead.chars().count();
    let mut empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !empty && used + 1 + length > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            used = indent;
            empty = true;
        }
        if !empty {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
        empty = false;
    }
    lines.push(line);
    lines
}

/// A blank at which no line is broken.
const GLUE: char = '\u{a0}';

/// Prose in lines of at most `width` with two blanks before each but the first. Numbers keep their units and half-widths.
pub(super) fn prose(text: &str, width: usize) -> String {
    let mut glued = text.to_owned();
    for whole in [" ± ", " %", " = "] {
        glued = glued.replace(whole, &whole.replace(' ', &GLUE.to_string()));
    }
    wrap("", 2, &glued, width).join("\n").replace(GLUE, " ")
}

/// A name in kebab case or with blanks in lines of at most `width` where it can be broken, a hyphen at the end of its line.
pub(super) fn fold(name: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in name.split_inclusive(['-', ' ']) {
        let length = part.trim_end().chars().count();
        match lines.last_mut() {
            Some(line) if line.chars().count() + length <= width => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_hangs_behind_its_first() {
        let text = "word ".repeat(30);
        let lines = wrap("  1.000ms  ", 14, text.trim(), 100);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].len() <= 100 && lines[1].starts_with("              word"));
    }

    #[test]
    fn a_number_stays_with_its_half_width() {
        assert_eq!(prose("it got 12.4 ± 1.2 % of all", 16), "it got\n  12.4 ± 1.2 %\n  of all");
    }

    #[test]
    fn a_name_is_broken_where_its_words_end() {
        assert_eq!(fold("idle-while-work-waits", 12), ["idle-while-", "work-waits"]);
        assert_eq!(
            fold("durable queue, persistent messages", 18),
            ["durable queue,", "persistent", "messages"]
        );
        assert_eq!(fold("utilisation", 5), ["utilisation"]);
    }
}
