//! `[payments]` of the configuration, and the drivers that it makes.

mod top_up;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ports::PaymentDriver;
use serde::Deserialize;
use stdx::{Clock, Rng, Secret};
use thiserror::Error;

pub use top_up::{TopUpSection, TopUps};

use crate::keys::{KeyError, SigningKey, VerifyingKey};
use crate::{
    ALIPAY, Alipay, AlipayAccount, AlipayFlow, ApiV3Key, Http, MANUAL, Manual, STRIPE, Stripe, StripeAccount,
    WECHAT, Wechat, WechatAccount,
};

/// The shortest secret of a webhook that is taken for one, in characters; those that Stripe makes are longer.
const SHORTEST_SECRET: usize = 32;

/// How members pay. Everything may be absent; then they pay by hand.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentsConfig {
    /// The address that the world reaches this server by, `https://hutong.example.org`: callbacks come there.
    pub public_url: String,
    /// True if nobody is to pay by hand.
    pub no_manual: bool,
    /// What members may pay in at once.
    pub top_up: TopUpSection,
    /// Stripe.
    pub stripe: StripeSection,
    /// Alipay.
    pub alipay: AlipaySection,
    /// WeChat Pay.
    pub wechat: WechatSection,
}

/// `[payments.stripe]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StripeSection {
    /// `sk_…` or `rk_…`.
    pub secret_key: Secret<String>,
    /// `whsec_…`; two while one takes over from the other.
    pub webhook_secrets: Vec<Secret<String>>,
    /// Another address of the API.
    pub api: String,
}

/// `[payments.alipay]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlipaySection {
    /// The application's id.
    pub app_id: String,
    /// Who is paid, `2088…`.
    pub seller_id: String,
    /// The application's private key, PEM or base64.
    pub app_key: Secret<String>,
    /// Alipay's public key, PEM or base64.
    pub alipay_key: String,
    /// `page` or `qr`.
    pub flow: AlipayFlow,
    /// Another address of the API: the sandbox's.
    pub api: String,
}

/// `[payments.wechat]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WechatSection {
    /// `wx…`.
    pub app_id: String,
    /// The merchant's number.
    pub merchant_id: String,
    /// The number of the merchant's certificate.
    pub certificate_serial: String,
    /// The private key of the merchant's certificate, PEM or base64.
    pub merchant_key: Secret<String>,
    /// 32 characters.
    pub api_v3_key: Secret<String>,
    /// WeChat Pay's own keys.
    pub platform_keys: Vec<PlatformKeySection>,
    /// Another address of the API.
    pub api: String,
}

/// `[[payments.wechat.platform_keys]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlatformKeySection {
    /// `PUB_KEY_ID_…`, or the number of a platform certificate.
    pub serial: String,
    /// The public key or the certificate, PEM.
    pub key: String,
}

/// What drivers live in.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The way out.
    pub http: Arc<dyn Http>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits.
    pub rng: Arc<dyn Rng>,
}

/// Why the configuration cannot be used. That a secret is missing is no error: the driver does not exist then.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("payments.{setting}: {reason}")]
pub struct ConfigError {
    /// Which setting.
    pub setting: String,
    /// What is wrong with it; never the value.
    pub reason: String,
}

/// A driver that does not exist though something was written down for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The driver.
    pub gateway: &'static str,
    /// The settings that it lacks.
    pub settings: Vec<&'static str>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nobody can pay with {}: {} is missing", self.gateway, self.settings.join(", "))
    }
}

/// The drivers that there are.
#[derive(Clone, Debug, Default)]
pub struct Gateways {
    drivers: BTreeMap<&'static str, Arc<dyn PaymentDriver>>,
    missing: Vec<Missing>,
    top_ups: TopUps,
}

impl Gateways {
    /// Those that the configuration gives all that they need.
    ///
    /// # Errors
    /// When something is written down that cannot be what it should be.
    pub fn open(config: &PaymentsConfig, around: &Surroundings) -> Result<Self, ConfigError> {
        let mut all = Self { top_ups: config.top_up.read()?, ..Self::default() };
        let site = config.public_url.trim().trim_end_matches('/');
        if !site.is_empty() && !site.starts_with("https://") && !site.starts_with("http://") {
            return Err(error("public_url", "it has to begin with https://"));
        }
        if !config.no_manual {
            all.drivers.insert(MANUAL, Arc::new(Manual));
        }
        all.add(STRIPE, config.stripe.open(site, around)?);
        all.add(ALIPAY, config.alipay.open(site, around)?);
        all.add(WECHAT, config.wechat.open(site, around)?);
        Ok(all)
    }

    /// The driver of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn PaymentDriver>> {
        self.drivers.get(name)
    }

    /// The driver that callbacks to `/pay/{name}/webhook` are for. `None`: that address does not exist.
    pub fn for_callback(&self, name: &str) -> Option<&Arc<dyn PaymentDriver>> {
        self.drivers.get(name).filter(|_| name != MANUAL)
    }

    /// The names of the drivers.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.drivers.keys().copied()
    }

    /// Those that were begun to be written down and are not there, for the log.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// What members may pay in at once.
    pub fn top_ups(&self) -> &TopUps {
        &self.top_ups
    }

    fn add(&mut self, gateway: &'static str, opened: Opened) {
        match opened {
            Opened::Driver(driver) => {
                self.drivers.insert(gateway, driver);
            }
            Opened::Lacks(settings) => self.missing.push(Missing { gateway, settings }),
            Opened::NotWanted => {}
        }
    }
}

enum Opened {
    Driver(Arc<dyn PaymentDriver>),
    Lacks(Vec<&'static str>),
    NotWanted,
}

impl Opened {
    /// What is not there, if anything is not; `None` when all is.
    fn unless_complete(settings: &[(&'static str, &str)], site: &str) -> Option<Self> {
        let is_empty = |value: &str| value.trim().is_empty();
        if settings.iter().all(|(_, value)| is_empty(value)) {
            return Some(Self::NotWanted);
        }
        let all = settings.iter().copied().chain([("public_url", site)]);
        let lacks: Vec<_> = all.filter(|(_, value)| is_empty(value)).map(|(name, _)| name).collect();
        if lacks.is_empty() { None } else { Some(Self::Lacks(lacks)) }
    }
}

impl StripeSection {
    fn open(&self, site: &str, around: &Surroundings) -> Result<Opened, ConfigError> {
        let secrets: Vec<_> = self
            .webhook_secrets
            .iter()
            .filter(|secret| !secret.expose().trim().is_empty())
            .cloned()
            .collect();
        let first = secrets.first().map_or("", |secret| secret.expose().as_str());
        let settings =
            [("stripe.secret_key", self.secret_key.expose().as_str()), ("stripe.webhook_secrets", first)];
        if let Some(incomplete) = Opened::unless_complete(&settings, site) {
            return Ok(incomplete);
        }
        if secrets.iter().any(|secret| secret.expose().len() < SHORTEST_SECRET) {
            return Err(error("stripe.webhook_secrets", "a secret of a webhook has 32 characters or more"));
        }
        let account = StripeAccount {
            secret_key: self.secret_key.clone(),
            webhook_secrets: secrets,
            api: address(&self.api, "https://api.stripe.com"),
            success_url: back(site),
            cancel_url: back(site),
        };
        Ok(Opened::Driver(Arc::new(Stripe::new(account, around.http.clone()))))
    }
}

impl AlipaySection {
    fn open(&self, site: &str, around: &Surroundings) -> Result<Opened, ConfigError> {
        let settings = [
            ("alipay.app_id", self.app_id.as_str()),
            ("alipay.seller_id", &self.seller_id),
            ("alipay.app_key", self.app_key.expose()),
            ("alipay.alipay_key", &self.alipay_key),
        ];
        if let Some(incomplete) = Opened::unless_complete(&settings, site) {
            return Ok(incomplete);
        }
        let account = AlipayAccount {
            app_id: self.app_id.clone(),
            seller_id: self.seller_id.clone(),
            app_key: signing("alipay.app_key", &self.app_key)?,
            alipay_key: verifying("alipay.alipay_key", &self.alipay_key)?,
            flow: self.flow,
            api: address(&self.api, "https://openapi.alipay.com/gateway.do"),
            notify_url: callback(site, ALIPAY),
            return_url: back(site),
        };
        let driver = Alipay::new(account, around.http.clone(), around.clock.clone());
        Ok(Opened::Driver(Arc::new(driver)))
    }
}

impl WechatSection {
    fn open(&self, site: &str, around: &Surroundings) -> Result<Opened, ConfigError> {
        let keys = self.platform_keys.iter().filter(|key| !key.serial.trim().is_empty());
        let keys: Vec<_> = keys.filter(|key| !key.key.trim().is_empty()).collect();
        let settings = [
            ("wechat.app_id", self.app_id.as_str()),
            ("wechat.merchant_id", &self.merchant_id),
            ("wechat.certificate_serial", &self.certificate_serial),
            ("wechat.merchant_key", self.merchant_key.expose()),
            ("wechat.api_v3_key", self.api_v3_key.expose()),
            ("wechat.platform_keys", keys.first().map_or("", |key| key.serial.as_str())),
        ];
        if let Some(incomplete) = Opened::unless_complete(&settings, site) {
            return Ok(incomplete);
        }
        let mut platform_keys = BTreeMap::new();
        for key in keys {
            platform_keys.insert(key.serial.clone(), verifying("wechat.platform_keys", &key.key)?);
        }
        let api_v3_key = ApiV3Key::read(self.api_v3_key.expose());
        let account = WechatAccount {
            app_id: self.app_id.clone(),
            merchant_id: self.merchant_id.clone(),
            certificate_serial: self.certificate_serial.clone(),
            merchant_key: signing("wechat.merchant_key", &self.merchant_key)?,
            api_v3_key: api_v3_key.ok_or_else(|| error("wechat.api_v3_key", "it has 32 characters"))?,
            platform_keys,
            api: address(&self.api, "https://api.mch.weixin.qq.com"),
            notify_url: callback(site, WECHAT),
        };
        let Surroundings { http, clock, rng } = around.clone();
        Ok(Opened::Driver(Arc::new(Wechat::new(account, http, clock, rng))))
    }
}

fn signing(setting: &str, key: &Secret<String>) -> Result<SigningKey, ConfigError> {
    SigningKey::read(key.expose()).map_err(|reason: KeyError| error(setting, &reason.to_string()))
}

fn verifying(setting: &str, key: &str) -> Result<VerifyingKey, ConfigError> {
    VerifyingKey::read(key).map_err(|reason: KeyError| error(setting, &reason.to_string()))
}

fn error(setting: &str, reason: &str) -> ConfigError {
    ConfigError { setting: setting.to_owned(), reason: reason.to_owned() }
}

fn address(other: &str, usual: &str) -> String {
    let other = other.trim().trim_end_matches('/');
    if other.is_empty() { usual.to_owned() } else { other.to_owned() }
}

fn callback(site: &str, gateway: &str) -> String {
    format!("{site}/pay/{gateway}/webhook")
}

/// Where payers come back to. What happened to their order the page asks the server; it believes nothing in the address.
fn back(site: &str) -> String {
    format!("{site}/pay/return?order={{order}}")
}
