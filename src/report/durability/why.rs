//! Why a cell of the truth table says what it says: causes with counts and the rule behind each.

use super::{WIDTH, group, label, shown};
use crate::experiment::DurabilityCell;
use crate::observe::LossCause;
use crate::report::wrap::wrap;
use crate::rules::{self, RuleRef};

/// A paragraph for each cell.
pub fn durability_why(cells: &[DurabilityCell]) -> String {
    cells.iter().map(of_one).collect()
}

fn of_one(cell: &DurabilityCell) -> String {
    let choice = format!("{}, {}", group(cell.setup), label(cell.setup).trim_start());
    let mut text = format!("\n{}, {}: {choice}: {}\n", cell.crash.name, cell.store.short_name(), shown(cell));
    let say = |text: &str| wrap("  ", 4, text, WIDTH).join("\n") + "\n";
    if !cell.is_hit() {
        return text
            + &say("does not apply: there is no process of the queue that could end and leave the node");
    }
    if cell.lost == 0 {
        text += &say("nothing is lost at any instant");
    } else {
        text += &say(&format!("most is lost in a crash at {}:", cell.worst.at));
    }
    for (cause, count) in cell.worst.aftermath.losses.met() {
        let rule = rule(cause, cell);
        text += &say(&format!("{count} {}. {}: {}", cause.words(), rule.id, rule.statement));
    }
    if cell.processed_again > 0 {
        let what = &cell.worst_again.aftermath;
        let rule = if what.came_back > 0 { rules::DUR_10 } else { rules::DUR_6 };
        text += &say(&format!(
            "{} processed again after a crash at {}, of the acknowledged ones {} came back. {}: {}",
            what.processed_again, cell.worst_again.at, what.came_back, rule.id, rule.statement
        ));
    }
    text
}

/// What takes a message so. The standard run meets losses on the way, in its store and in its consumer.
fn rule(cause: LossCause, cell: &DurabilityCell) -> RuleRef {
    match cause {
        LossCause::LostOnTheWire if cell.crash.name == "broker-restart" => rules::CON_14,
        LossCause::LostOnTheWire => rules::CON_11,
        LossCause::TransientInRestart => rules::DUR_3,
        LossCause::QueueNotDurable => rules::DUR_1,
        LossCause::AutoAckInFlight | LossCause::AutoAckInBuffer => rules::CON_8,
        LossCause::DiskLost => rules::DUR_15,
        LossCause::QueueUnregistered => rules::DUR_17,
        _ if cell.store.is_quorum() => rules::CF_9,
        _ if cell.confirms_on_arrival => rules::DUR_16,
        _ => rules::DUR_9,
    }
}
