//! What gateways are told our things are called, and what they call them when they answer.

use money::payment::Happened;
use stdx::{EntityId, RefundId};

/// An id as 32 hexadecimal digits: the longest name that every gateway takes.
pub(crate) fn short<I: EntityId>(id: I) -> String {
    id.uuid().simple().to_string()
}

/// A refund's name in facts: our id as we write it if it is ours, however the gateway writes it, else the gateway's name.
pub(crate) fn refund_name(text: &str) -> String {
    text.parse::<RefundId>().map_or_else(|_| text.to_owned(), |id| id.to_string())
}

/// The name of a message that was an answer to a question of ours: the same for the same answer.
pub(crate) fn asked(payment: &str, what: &Happened) -> String {
    format!("asked:{payment}:{what:?}")
}

/// The beginning of a text in at most so many bytes, cut between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_refunds_are_known_however_they_are_written() {
        let id: RefundId = "019aab5e-8c00-7000-8000-00000000000a".parse().unwrap();
        assert_eq!(short(id), "019aab5e8c007000800000000000000a");
        assert_eq!(refund_name(&short(id)), id.to_string());
        assert_eq!(refund_name("re_1"), "re_1");
    }

    #[test]
    fn another_answer_has_another_name() {
        let money = |text: &str| text.parse::<money::Amount>().unwrap().of("CNY".parse().unwrap());
        let sum = |text| asked("p", &Happened::RefundedInAll { money: money(text) });
        assert_eq!(sum("3"), sum("3.00"));
        assert_ne!(sum("3"), sum("5"));
    }

    #[test]
    fn a_title_is_cut_between_characters() {
        assert_eq!(cut("充值", 5), "充");
        assert_eq!(cut("Top-up", 127), "Top-up");
    }
}
