use money::Amount;
use serde::Deserialize;

use super::{ConfigError, error};

/// The smallest coin that any gateway takes, in micro-units: a hundredth.
const COIN: i64 = 10_000;

/// `[payments.top_up]`: decimal numbers in the currency of the plans.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopUpSection {
    /// What the page offers; members may choose another amount.
    pub offers: Vec<String>,
    /// The least that can be paid in at once.
    pub least: String,
    /// The most that can be paid in at once.
    pub most: String,
}

/// What members may pay in at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUps {
    /// What the page offers, the least first.
    pub offers: Vec<Amount>,
    /// The least.
    pub least: Amount,
    /// The most.
    pub most: Amount,
}

impl Default for TopUps {
    fn default() -> Self {
        let whole = |units: i64| Amount::from_micros(units * 1_000_000);
        Self { offers: [20, 50, 100, 200, 500].map(whole).into(), least: whole(1), most: whole(50_000) }
    }
}

impl TopUps {
    /// True for an amount that a member may pay in.
    pub fn allows(&self, amount: Amount) -> bool {
        is_payable(amount) && (self.least..=self.most).contains(&amount)
    }
}

impl TopUpSection {
    pub(super) fn read(&self) -> Result<TopUps, ConfigError> {
        let usual = TopUps::default();
        let or = |setting: &str, text: &str, usual: Amount| {
            if text.trim().is_empty() { Ok(usual) } else { amount(setting, text) }
        };
        let least = or("top_up.least", &self.least, usual.least)?;
        let most = or("top_up.most", &self.most, usual.most)?;
        if most < least {
            return Err(error("top_up.most", "it has to be at least `least`"));
        }
        let mut all = TopUps { offers: Vec::new(), least, most };
        for offer in &self.offers {
            let offer = amount("top_up.offers", offer)?;
            if !all.allows(offer) {
                return Err(error("top_up.offers", "an offer is below `least` or above `most`"));
            }
            all.offers.push(offer);
        }
        if self.offers.is_empty() {
            all.offers = usual.offers.into_iter().filter(|offer| all.allows(*offer)).collect();
        }
        all.offers.sort_unstable();
        all.offers.dedup();
        Ok(all)
    }
}

fn amount(setting: &str, text: &str) -> Result<Amount, ConfigError> {
    let amount = text.trim().parse::<Amount>().ok().filter(|amount| is_payable(*amount));
    amount.ok_or_else(|| {
        error(setting, "an amount above zero with two decimals at most, like \"20\" or \"9.90\"")
    })
}

fn is_payable(amount: Amount) -> bool {
    amount.is_positive() && amount.micros() % COIN == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TopUps, String> {
        toml::from_str::<TopUpSection>(text).unwrap().read().map_err(|error| error.to_string())
    }

    fn yuan(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_said_is_the_usual() {
        assert_eq!(read(""), Ok(TopUps::default()));
        let small = read("most = \"60\"").unwrap();
        assert_eq!(small.offers, [yuan("20"), yuan("50")]);
    }

    #[test]
    fn offers_are_sorted_and_lie_between_the_bounds() {
        let ours = read("offers = [\"30\", \"9.90\", \"30\"]\nleast = \"5\"").unwrap();
        assert_eq!(ours.offers, [yuan("9.90"), yuan("30")]);
        assert!(ours.allows(yuan("5")) && !ours.allows(yuan("4.99")) && !ours.allows(yuan("5.001")));
        for bad in [
            "offers = [\"0.5\"]",
            "least = \"0\"",
            "most = \"0.001\"",
            "least = \"9\"\nmost = \"8\"",
            "offers = [\"x\"]",
        ] {
            assert!(read(bad).unwrap_err().starts_with("payments.top_up."), "{bad}");
        }
    }
}
