//! Codes of vouchers, and what redeeming one does to the ledger. When one may be redeemed, `plans::Voucher` says.

use std::fmt;

use ledger::{Account, Act, Command, Reason};
use money::Money;
use sha2::{Digest, Sha256};
use stdx::{MemberId, Rng, Timestamp};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::derive::command_id;

/// Crockford's alphabet: no I, L, O and U, so that nobody has to guess what they read
/// (<https://www.crockford.com/base32.html>).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a code: 80 random bits, which nobody finds by trying.
const LENGTH: usize = 16;

/// The code of a voucher. What is stored is its [`digest`](Self::digest); whoever reads the database cannot redeem any.
#[derive(Clone, PartialEq, Eq)]
pub struct VoucherCode(String);

/// The text is no code.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("this is not the code of a voucher: it has 16 letters and digits, usually in groups of four")]
pub struct CodeError;

impl VoucherCode {
    /// A new code.
    pub fn make(rng: &dyn Rng) -> Self {
        let mut random = [0; LENGTH];
        rng.fill(&mut random);
        let letters = random.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31)));
        Self(letters.map(|letter| char::from(*letter)).collect())
    }

    /// Reads what somebody typed: in any case, with or without hyphens and blanks, and with the letters that look like
    /// digits taken for these.
    ///
    /// # Errors
    /// When it cannot be a code.
    pub fn read(text: &str) -> Result<Self, CodeError> {
        let mut code = String::with_capacity(LENGTH);
        for letter in text.chars().filter(|letter| !matches!(letter, '-' | ' ')) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let known = u8::try_from(letter).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !known || code.len() == LENGTH {
                return Err(CodeError);
            }
            code.push(letter);
        }
        if code.len() == LENGTH { Ok(Self(code)) } else { Err(CodeError) }
    }

    /// What is stored of it: its SHA-256.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// True if this is the code that the digest was made of; takes the same time whatever the digest is.
    pub fn matches(&self, digest: &[u8; 32]) -> bool {
        self.digest().ct_eq(digest).into()
    }

    /// For the one page that shows it: `0123-4567-89AB-CDEF`.
    pub fn expose(&self) -> String {
        let mut text = String::new();
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }
}

/// Never the code.
impl fmt::Debug for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[voucher code]")
    }
}

/// Credits a voucher to a member, once: its id is made of the code and the member, so that a repetition is one for the
/// ledger too.
pub fn voucher_command(code: &VoucherCode, member: MemberId, worth: Money, at: Timestamp) -> Command {
    let digest: String = code.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    let act = Act::Transfer {
        reason: Reason::Voucher,
        from: Account::Promotions,
        to: Account::Wallet(member),
        money: worth,
    };
    Command { id: command_id(&["voucher", &digest, &member.to_string()]), at, act }
}

#[cfg(test)]
mod tests {
    use ledger::{Applied, Book};
    use money::Amount;
    use stdx::SeededRng;

    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = VoucherCode::make(&SeededRng::new(7));
        let shown = code.expose();
        assert_eq!(shown.len(), 19);
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('-', "")] {
            assert_eq!(VoucherCode::read(&typed), Ok(code.clone()), "{typed}");
        }
        let confused = VoucherCode::read("OOOO-iiii-LLLL-0000");
        assert_eq!(confused, VoucherCode::read("0000-1111-1111-0000"));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for bad in
            ["", "0000-1111-1111-000", "0000-1111-1111-00000", "UUUU-0000-0000-0000", "零000-0000-0000-0000"]
        {
            assert_eq!(VoucherCode::read(bad), Err(CodeError), "{bad}");
        }
    }

    #[test]
    fn a_code_is_known_by_its_digest_and_never_printed() {
        let code = VoucherCode::make(&SeededRng::new(7));
        let other = VoucherCode::make(&SeededRng::new(8));
        assert!(code.matches(&code.digest()) && !code.matches(&other.digest()));
        assert_eq!(format!("{code:?}"), "[voucher code]");
    }

    #[test]
    fn a_voucher_that_is_redeemed_twice_is_credited_once() {
        let member: MemberId = "019aab5e-8c00-7000-8000-000000000001".parse().unwrap();
        let worth = Amount::from_micros(5_000_000).of("CNY".parse().unwrap());
        let code = VoucherCode::make(&SeededRng::new(7));
        let mut book = Book::default();
        let first = voucher_command(&code, member, worth, Timestamp::from_micros(1));
        let again = voucher_command(&code, member, worth, Timestamp::from_micros(2));
        assert_eq!(book.apply(&first), Ok(Applied::Changed));
        assert_eq!(book.apply(&again), Ok(Applied::Replayed));
        assert_eq!(book.balances()[&(Account::Wallet(member), worth.currency)], worth.amount);
    }
}
