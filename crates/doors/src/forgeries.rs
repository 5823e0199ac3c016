//! From where callbacks came that nobody signed whom we know: the generic cell rate algorithm (ITU-T I.371, annex A), which
//! needs one number an address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So many may come at once.
const MOST: u32 = 10;
/// After that one more is looked at whenever so much time has passed.
const STEP: Duration = Duration::from_secs(30);
/// Addresses that are kept in mind at most. Those beyond are looked at like new ones.
const MOST_ADDRESSES: usize = 10_000;

/// Forged callbacks by address.
#[derive(Debug, Default)]
pub struct Forgeries {
    /// When each address would be free of what came from it, in monotonic time.
    due: Mutex<HashMap<IpAddr, Duration>>,
}

impl Forgeries {
    /// How long nothing is looked at that comes from an address; `None` when it is.
    pub fn closed_for(&self, from: IpAddr, now: Duration) -> Option<Duration> {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner).get(&network(from)).copied()?;
        let free = STEP.saturating_mul(MOST.saturating_sub(1));
        due.saturating_sub(now).checked_sub(free).filter(|wait| !wait.is_zero())
    }

    /// Counts one that was forged.
    pub fn count(&self, from: IpAddr, now: Duration) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network(from);
        if due.len() >= MOST_ADDRESSES && !due.contains_key(&from) {
            due.retain(|_, due| *due > now);
            if due.len() >= MOST_ADDRESSES {
                return;
            }
        }
        let at = due.get(&from).copied().unwrap_or(now).max(now);
        // However many were being looked at when it closed, it opens again as soon.
        due.insert(from, at.saturating_add(STEP).min(now.saturating_add(STEP.saturating_mul(MOST))));
    }
}

/// What one customer of a provider has: an address of IPv4, or 64 bits of IPv6 (RFC 6177).
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn ten_close_an_address_and_every_half_minute_one_more_is_looked_at() {
        let (forgeries, from) = (Forgeries::default(), address("192.0.2.1"));
        for _ in 0..MOST {
            assert_eq!(forgeries.closed_for(from, at(5)), None);
            forgeries.count(from, at(5));
        }
        assert_eq!(forgeries.closed_for(from, at(5)), Some(STEP));
        assert_eq!(forgeries.closed_for(from, at(34)), Some(at(1)));
        assert_eq!(forgeries.closed_for(from, at(35)), None);
        forgeries.count(from, at(35));
        assert_eq!(forgeries.closed_for(from, at(35)), Some(STEP));
        assert_eq!(forgeries.closed_for(from, at(400)), None);
        for other in ["192.0.2.2", "::1"] {
            assert_eq!(forgeries.closed_for(address(other), at(5)), None, "{other}");
        }
    }

    #[test]
    fn many_that_were_looked_at_together_close_it_no_longer() {
        let (forgeries, from) = (Forgeries::default(), address("192.0.2.1"));
        for _ in 0..1_000 {
            forgeries.count(from, at(5));
        }
        assert_eq!(forgeries.closed_for(from, at(5)), Some(STEP));
    }

    #[test]
    fn a_network_of_ipv6_is_one_and_an_address_of_ipv4_has_two_forms() {
        let forgeries = Forgeries::default();
        for n in 0..MOST {
            forgeries.count(address(&format!("2001:db8:0:1::{n:x}")), at(5));
            forgeries.count(address("::ffff:192.0.2.1"), at(5));
        }
        assert!(forgeries.closed_for(address("2001:db8:0:1:ffff::1"), at(5)).is_some());
        assert_eq!(forgeries.closed_for(address("2001:db8:0:2::1"), at(5)), None);
        assert!(forgeries.closed_for(address("192.0.2.1"), at(5)).is_some());
    }

    #[test]
    fn what_is_kept_in_mind_is_bounded() {
        let forgeries = Forgeries::default();
        for n in 0..20_000_u32 {
            forgeries.count(IpAddr::V4(n.into()), at(5));
        }
        assert_eq!(forgeries.due.lock().unwrap().len(), MOST_ADDRESSES);
        forgeries.count(address("192.0.2.1"), at(100));
        assert_eq!(forgeries.due.lock().unwrap().len(), 1, "the others are free of it");
    }
}
