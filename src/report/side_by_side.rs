//! A sheet of numbers side by side: a column for each variant, rows in groups. Knows columns and widths, not what they say.

use super::wrap::fold;

/// The widest line, if the first columns allow it.
const WIDTH: usize = 110;
/// A column's name is not broken into lines shorter than this.
const NAME: usize = 14;
/// Blanks between columns.
const GAP: usize = 2;

/// Rows that belong to one entity.
pub(super) struct Group {
    pub title: String,
    /// What the number is, and one cell for each column of the sheet.
    pub rows: Vec<(String, Vec<String>)>,
}

/// A table that is split into blocks of columns where it would be too wide.
pub(super) struct Sheet {
    pub columns: Vec<String>,
    pub groups: Vec<Group>,
}

impl Sheet {
    /// The sheet as text, an empty line behind each block; empty without rows.
    pub(super) fn text(&self) -> String {
        if self.groups.is_empty() {
            return String::new();
        }
        let first = self.first_width();
        let mut text = String::new();
        let mut start = 0;
        while start < self.columns.len() {
            let mut used = first + GAP + self.width(start);
            let mut end = start + 1;
            while end < self.columns.len() && used + GAP + self.width(end) <= WIDTH {
                used += GAP + self.width(end);
                end += 1;
            }
            self.block(&mut text, first, start..end);
            text.push('\n');
            start = end;
        }
        text
    }

    fn first_width(&self) -> usize {
        let titles = self.groups.iter().map(|group| 1 + group.title.chars().count());
        let rows = self.groups.iter().flat_map(|group| &group.rows).map(|(name, _)| 3 + name.chars().count());
        titles.chain(rows).max().unwrap_or(0)
    }

    fn cells(&self, column: usize) -> impl Iterator<Item = &String> {
        self.groups.iter().flat_map(|group| &group.rows).map(move |(_, cells)| &cells[column])
    }

    fn name(&self, column: usize) -> Vec<String> {
        let cells = self.cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0);
        fold(&self.columns[column], cells.max(NAME))
    }

    fn width(&self, column: usize) -> usize {
        let name = self.name(column).iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let cells = self.cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0);
        name.max(cells)
    }

    fn block(&self, text: &mut String, first: usize, columns: std::ops::Range<usize>) {
        let widths: Vec<usize> = columns.clone().map(|column| self.width(column)).collect();
        let mut line = |name: &str, cells: Vec<&str>| {
            let mut line = format!("{name:first$}");
            for (cell, width) in cells.into_iter().zip(&widths) {
                line += &format!("{:GAP$}{cell:>width$}", "");
            }
            *text += line.trim_end();
            text.push('\n');
        };
        let names: Vec<Vec<String>> = columns.clone().map(|column| self.name(column)).collect();
        let height = names.iter().map(Vec::len).max().unwrap_or(0);
        for k in 0..height {
            // Names of fewer lines stand at the bottom.
            let cell = |name: &Vec<String>| (k + name.len()).checked_sub(height).map(|at| name[at].clone());
            let cells: Vec<String> = names.iter().map(|name| cell(name).unwrap_or_default()).collect();
            line("", cells.iter().map(String::as_str).collect());
        }
        line(&"─".repeat(first + widths.iter().map(|width| GAP + width).sum::<usize>()), Vec::new());
        for (k, group) in self.groups.iter().enumerate() {
            if k > 0 {
                line("", Vec::new());
            }
            line(&format!(" {}", group.title), Vec::new());
            for (name, cells) in &group.rows {
                line(&format!("   {name}"), columns.clone().map(|column| cells[column].as_str()).collect());
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`expect-test` writes them")]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn groups_are_apart_and_too_many_columns_make_blocks() {
        let columns: Vec<String> = (1..=7).map(|k| format!("prefetch count of {k}")).collect();
        let row = |name: &str| (name.to_owned(), (1..=7).map(|k| format!("{k} ± 0.1")).collect());
        let groups = vec![
            Group { title: "consumer `slow`".into(), rows: vec![row("processed"), row("share")] },
            Group { title: "run".into(), rows: vec![row("lost")] },
        ];
        expect![[r#"
                              prefetch count  prefetch count  prefetch count  prefetch count  prefetch count
                                        of 1            of 2            of 3            of 4            of 5
            ────────────────────────────────────────────────────────────────────────────────────────────────
             consumer `slow`
               processed             1 ± 0.1         2 ± 0.1         3 ± 0.1         4 ± 0.1         5 ± 0.1
               share                 1 ± 0.1         2 ± 0.1         3 ± 0.1         4 ± 0.1         5 ± 0.1

             run
               lost                  1 ± 0.1         2 ± 0.1         3 ± 0.1         4 ± 0.1         5 ± 0.1

                              prefetch count  prefetch count
                                        of 6            of 7
            ────────────────────────────────────────────────
             consumer `slow`
               processed             6 ± 0.1         7 ± 0.1
               share                 6 ± 0.1         7 ± 0.1

             run
               lost                  6 ± 0.1         7 ± 0.1

        "#]]
        .assert_eq(&Sheet { columns, groups }.text());
    }
}
