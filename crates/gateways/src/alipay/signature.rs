//! What is signed of requests and notifications: `name=value` joined by `&`, in the order of the names, before anything is
//! percent-encoded. All of a notification counts but `sign` and `sign_type`; of a request `sign_type` counts too.

use std::collections::BTreeMap;

/// What is signed of a request: all parameters but the signature and those without a value.
pub fn content_of_request(parameters: &BTreeMap<String, String>) -> String {
    joined(parameters.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()))
}

/// What is signed of a notification: all parameters but the signature and its type.
pub fn content_of_notification(parameters: &BTreeMap<String, String>) -> String {
    joined(parameters.iter().filter(|(name, _)| !matches!(name.as_str(), "sign" | "sign_type")))
}

fn joined<'a>(parameters: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let pairs: Vec<String> = parameters.map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_joined_in_the_order_of_their_names() {
        let parameters = [("b", "2 & 3"), ("a", "1"), ("sign_type", "RSA2"), ("sign", "x"), ("c", "")];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(content_of_request(&parameters), "a=1&b=2 & 3&sign_type=RSA2");
        assert_eq!(content_of_notification(&parameters), "a=1&b=2 & 3&c=");
    }
}
