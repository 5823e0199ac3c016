//! The same table for every gateway: whatever comes to the webhook, an order is credited exactly once or not at all.

use std::time::Duration;

use fakegateways::{Message, Voice, money, now, voices};
use payments::{Flag, Status};
use ports::CallbackError;
use stdx::MockClock;

use crate::house::{House, open};

fn house(voice: &Voice) -> House {
    house_at(voice, &MockClock::at(now()))
}

fn house_at(voice: &Voice, clock: &MockClock) -> House {
    House::new(open(&(voice.config)(""), clock).get(voice.name).unwrap(), clock)
}

fn pays(voice: &Voice, payment: &str, text: &str, currency: &str) -> Message {
    (voice.paid)(payment, money(text, currency), now())
}

#[test]
fn a_payment_is_credited_once() {
    for voice in voices() {
        let mut house = house(&voice);
        house.receives(&pays(&voice, "p1", "88.80", "CNY")).unwrap();
        assert_eq!(
            (house.wallet(), house.status()),
            (house.order.price.amount, Status::Paid),
            "{}",
            voice.name
        );
        assert_eq!((house.changes, house.flags.len()), (1, 0), "{}", voice.name);
    }
}

#[test]
fn a_forged_message_changes_nothing() {
    for voice in voices() {
        let mut house = house(&voice);
        assert_eq!(house.receives(&(voice.forged)()), Err(CallbackError::Forged), "{}", voice.name);
        let (from, to) = voice.tamper;
        let tampered = pays(&voice, "p1", "88.80", "CNY").tampered(from, to);
        assert_eq!(house.receives(&tampered), Err(CallbackError::Forged), "{}", voice.name);
        let unsigned = Message { headers: vec![], body: b"{}".to_vec() };
        assert!(matches!(house.receives(&unsigned), Err(CallbackError::Unsigned(_))), "{}", voice.name);
        assert_eq!((house.changes, house.status()), (0, Status::Open), "{}", voice.name);
    }
}

#[test]
fn every_byte_of_a_body_counts() {
    for voice in voices() {
        let message = pays(&voice, "p1", "88.80", "CNY");
        for at in (0..message.body.len()).step_by(7) {
            let mut changed = message.clone();
            changed.body[at] ^= 1;
            let mut house = house(&voice);
            assert!(house.receives(&changed).is_err(), "{} {at}", voice.name);
            assert_eq!(house.changes, 0);
        }
    }
}

#[test]
fn a_replayed_message_is_acknowledged_and_changes_nothing() {
    for voice in voices() {
        let mut house = house(&voice);
        let message = pays(&voice, "p1", "88.80", "CNY");
        for _ in 0..5 {
            let facts = house.receives(&message).unwrap();
            assert_eq!(facts.len(), 1, "{}", voice.name);
        }
        assert_eq!(house.changes, 1, "{}", voice.name);
    }
}

#[test]
fn an_old_message_is_refused_though_it_is_signed() {
    for voice in voices() {
        let message = pays(&voice, "p1", "88.80", "CNY");
        for (more, is_read) in [(Duration::ZERO, true), (Duration::from_secs(1), false)] {
            let clock = MockClock::at(now());
            clock.advance(voice.limit + more);
            let mut house = house_at(&voice, &clock);
            let verdict = house.receives(&message);
            assert_eq!(verdict.is_ok(), is_read, "{} {more:?}: {verdict:?}", voice.name);
            assert!(is_read || matches!(verdict, Err(CallbackError::Stale(_))), "{}", voice.name);
            assert_eq!(house.changes, u32::from(is_read), "{}", voice.name);
        }
    }
}

#[test]
fn out_of_order_ends_as_in_order() {
    for voice in voices() {
        let (paid, refunded) = (pays(&voice, "p1", "88.80", "CNY"), (voice.refunded)("p1", 880, now()));
        for messages in
            [[&paid, &refunded, &paid], [&refunded, &paid, &refunded], [&refunded, &refunded, &paid]]
        {
            let mut house = house(&voice);
            for message in messages {
                house.receives(message).unwrap();
            }
            let expected = (money("80", "CNY").amount, Status::PartlyRefunded);
            assert_eq!((house.wallet(), house.status()), expected, "{}", voice.name);
        }
    }
}

#[test]
fn a_wrong_amount_is_credited_nothing() {
    for voice in voices() {
        for wrong in ["88.79", "88.81", "0.01", "8880.00"] {
            let mut house = house(&voice);
            house.receives(&pays(&voice, "p1", wrong, "CNY")).unwrap();
            let flag = Flag::WrongAmount { payment: "p1".to_owned(), paid: money(wrong, "CNY") };
            assert_eq!((house.changes, &house.flags[..]), (0, &[flag][..]), "{} {wrong}", voice.name);
        }
    }
}

#[test]
fn a_wrong_currency_is_credited_nothing() {
    for voice in voices() {
        let mut house = house(&voice);
        house.receives(&pays(&voice, "p1", "88.80", "HKD")).unwrap();
        let flag = Flag::WrongCurrency { payment: "p1".to_owned(), paid: money("88.80", "HKD") };
        assert_eq!((house.changes, &house.flags[..]), (0, &[flag][..]), "{}", voice.name);
    }
}

#[test]
fn a_second_payment_is_credited_nothing() {
    for voice in voices() {
        let mut house = house(&voice);
        house.receives(&pays(&voice, "p1", "88.80", "CNY")).unwrap();
        house.receives(&pays(&voice, "p2", "88.80", "CNY")).unwrap();
        let flag = Flag::PaidTwice { extra: money("88.80", "CNY") };
        assert_eq!((house.changes, &house.flags[..]), (1, &[flag][..]), "{}", voice.name);
    }
}

#[test]
fn more_given_back_than_was_paid_takes_no_more_than_that() {
    for voice in voices() {
        let mut house = house(&voice);
        house.receives(&pays(&voice, "p1", "88.80", "CNY")).unwrap();
        house.receives(&(voice.refunded)("p1", 10_000, now())).unwrap();
        let flag = Flag::RefundTooLarge { payment: "p1".to_owned(), refunded: money("100", "CNY") };
        assert_eq!((house.wallet().micros(), &house.flags[..]), (0, &[flag][..]), "{}", voice.name);
    }
}

#[test]
fn one_gateway_has_no_say_about_the_orders_of_another() {
    for voice in voices() {
        let mut house = house(&voice);
        house.order.gateway = "manual".to_owned();
        house.receives(&pays(&voice, "p1", "88.80", "CNY")).unwrap();
        assert_eq!((house.changes, house.status()), (0, Status::Open), "{}", voice.name);
    }
}

#[test]
fn rubbish_never_panics_and_never_pays() {
    let samples: [&[u8]; 7] =
        [b"", b"{", b"null", b"[]", b"sign=&sign_type=RSA2", b"\xff\xfe\x00", b"a=b&a=b&sign"];
    for voice in voices() {
        for body in samples {
            for headers in [vec![], (voice.forged)().headers] {
                let mut house = house(&voice);
                assert!(house.receives(&Message { headers, body: body.to_vec() }).is_err());
                assert_eq!(house.changes, 0);
            }
        }
    }
}
