//! Signatures of requests, answers and notifications
//! (<https://pay.weixin.qq.com/wiki/doc/apiv3/wechatpay/wechatpay4_0.shtml> and `…/wechatpay4_1.shtml`): lines that end
//! with a line feed each, signed with RSA and SHA-256.

use ports::{CallbackError, Headers};
use stdx::Timestamp;

use super::{PlatformKeys, WechatAccount};
use crate::http::Method;
use crate::keys::{KeyError, SigningKey};
use crate::window;

const SERIAL: &str = "Wechatpay-Serial";
const SIGNATURE: &str = "Wechatpay-Signature";
const TIMESTAMP: &str = "Wechatpay-Timestamp";
const NONCE: &str = "Wechatpay-Nonce";

/// The value of `Authorization` for a request: method, path with query, seconds, nonce and body are signed.
///
/// # Errors
/// When the system has no random bits to protect the key with.
pub(super) fn authorization(
    account: &WechatAccount,
    (method, path): (Method, &str),
    body: &[u8],
    (at, nonce): (Timestamp, &str),
) -> Result<String, KeyError> {
    let seconds = window::seconds(at);
    let head = format!("{}\n{path}\n{seconds}\n{nonce}\n", method.as_str());
    let signature = account.merchant_key.sign(&lines(&head, body))?;
    let (merchant, serial) = (&account.merchant_id, &account.certificate_serial);
    Ok(format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"{merchant}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
         timestamp=\"{seconds}\",serial_no=\"{serial}\""
    ))
}

/// The headers of an answer or notification; what WeChat Pay does, for tests and for trying out a notification.
///
/// # Errors
/// When the system has no random bits to protect the key with.
pub fn signed_headers(
    key: &SigningKey,
    serial: &str,
    body: &[u8],
    (at, nonce): (Timestamp, &str),
) -> Result<Vec<(&'static str, String)>, KeyError> {
    let seconds = window::seconds(at).to_string();
    let signature = key.sign(&lines(&format!("{seconds}\n{nonce}\n"), body))?;
    Ok(vec![
        (SERIAL, serial.to_owned()),
        (SIGNATURE, signature),
        (TIMESTAMP, seconds),
        (NONCE, nonce.to_owned()),
    ])
}

/// Believes a body only if it is signed with a key that is known, and not too long ago.
///
/// # Errors
/// When it is not.
pub fn verify(
    keys: &PlatformKeys,
    headers: &dyn Headers,
    body: &[u8],
    now: Timestamp,
) -> Result<(), CallbackError> {
    let header = |name, missing| headers.only(name).ok_or(CallbackError::Unsigned(missing));
    let serial = header(SERIAL, "no Wechatpay-Serial header")?;
    let signature = header(SIGNATURE, "no Wechatpay-Signature header")?;
    let seconds = header(TIMESTAMP, "no Wechatpay-Timestamp header")?;
    let nonce = header(NONCE, "no Wechatpay-Nonce header")?;
    let key = keys.get(serial).ok_or(CallbackError::Forged)?;
    if !key.verify(&lines(&format!("{seconds}\n{nonce}\n"), body), signature) {
        return Err(CallbackError::Forged);
    }
    window::check(seconds, now)
}

fn lines(head: &str, body: &[u8]) -> Vec<u8> {
    [head.as_bytes(), body, b"\n"].concat()
}
