//! The measure of each cause of loss, by its name.

use crate::observe::LossCause;

/// The name of the measure that counts the losses with this cause.
pub const fn loss_measure(cause: LossCause) -> &'static str {
    match cause {
        LossCause::NotSent => "lost-not-sent",
        LossCause::LostOnTheWire => "lost-on-the-wire",
        LossCause::Refused => "lost-refused",
        LossCause::RolledBack => "lost-rolled-back",
        LossCause::TransientInRestart => "lost-transient-in-restart",
        LossCause::QueueNotDurable => "lost-queue-not-durable",
        LossCause::InMailbox => "lost-in-mailbox",
        LossCause::InProcessBuffer => "lost-in-process-buffer",
        LossCause::InPageCache => "lost-in-page-cache",
        LossCause::IndexWithoutBody => "lost-index-without-body",
        LossCause::TornTail => "lost-torn-tail",
        LossCause::QueueUnregistered => "lost-queue-unregistered",
        LossCause::DiskLost => "lost-disk",
        LossCause::AutoAckInFlight => "lost-auto-ack-in-flight",
        LossCause::AutoAckInBuffer => "lost-auto-ack-in-buffer",
        LossCause::AckedBeforeProcessing => "lost-acked-before-processing",
        LossCause::Expired => "lost-expired",
        LossCause::Overflow => "lost-overflow",
        LossCause::QueueFull => "lost-queue-full",
        LossCause::Rejected => "lost-rejected",
        LossCause::DeliveryLimit => "lost-delivery-limit",
        LossCause::DeadLetterTargetMissing => "lost-dead-letter-target-missing",
        LossCause::DeadLetterCycle => "lost-dead-letter-cycle",
        LossCause::Purged => "lost-purged",
        LossCause::QueueDeleted => "lost-queue-deleted",
    }
}
