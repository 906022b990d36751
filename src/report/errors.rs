//! The table of errors that the broker sent to clients.

use super::table;
use crate::experiment::VariantResult;

/// At most so many rows; the JSON file has all.
const ROWS_MAX: usize = 20;

/// The table, with its title, or nothing where there was no error.
pub(super) fn errors(variant: &VariantResult) -> String {
    let many = variant.outcomes.len() > 1;
    let mut rows = Vec::new();
    for (outcome, replication) in variant.outcomes.iter().zip(&variant.replications) {
        for error in &outcome.errors {
            let closed =
                error.channel.map_or_else(|| "connection".to_owned(), |channel| format!("channel {channel}"));
            let mut row = vec![error.connection.clone(), closed, error.at.to_string()];
            if many {
                row.push(replication.index.to_string());
            }
            row.push(format!("{} {}", error.code, error.text));
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let left_out = rows.len().saturating_sub(ROWS_MAX);
    rows.truncate(ROWS_MAX);
    let mut head = vec!["connection", "closed", "at"];
    if many {
        head.push("replication");
    }
    head.push("reply");
    let mut text = table::of_words("errors", &head, rows);
    if left_out > 0 {
        text.insert_str(text.len() - 1, &format!(" and {left_out} more, in the JSON report\n"));
    }
    text
}
