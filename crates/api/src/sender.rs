//! From where a request comes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};

/// The address of whoever sent a request. A connection from this machine is a reverse proxy's, which writes whom it serves at
/// the end of `X-Forwarded-For`; whatever stands before that, or comes from elsewhere, anybody may have written. Where the
/// address is not known it is `0.0.0.0`, so that all of those are one.
pub(crate) fn address_of(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let Some(ConnectInfo(peer)) = peer else { return IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    let peer = peer.ip().to_canonical();
    if !peer.is_loopback() {
        return peer;
    }
    let last = request.headers().get_all("x-forwarded-for").iter().next_back();
    let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn seen(peer: Option<&str>, forwarded: &[&str]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        }
        address_of(&request).to_string()
    }

    #[test]
    fn only_a_proxy_on_this_machine_says_whom_it_serves_and_only_at_the_end() {
        assert_eq!(seen(Some("192.0.2.1:9"), &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(seen(Some("127.0.0.1:9"), &["203.0.113.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(Some("[::1]:9"), &["203.0.113.1", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(Some("[::ffff:127.0.0.1]:9"), &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn without_a_proxy_it_is_the_peer_and_without_a_peer_nobody() {
        assert_eq!(seen(Some("127.0.0.1:9"), &[]), "127.0.0.1");
        assert_eq!(seen(Some("127.0.0.1:9"), &["unknown"]), "127.0.0.1");
        assert_eq!(seen(None, &["198.51.100.1"]), "0.0.0.0");
    }
}
