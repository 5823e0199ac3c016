//! Which addresses a download may lead to.
//!
//! The first address of a source is written down by whoever runs this installation and is trusted. A redirect is
//! written by the server at the other end and is not: it may lead to the same host or to a public address, by
//! HTTPS, and nowhere else.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The rule for one download.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    origin: String,
    origin_is_loopback: bool,
    /// Hosts that came from redirects; the resolver looks closely at these.
    redirected: Arc<Mutex<HashSet<String>>>,
}

impl Guard {
    /// The rule for a download that begins at `url`.
    pub(crate) fn new(url: &Url) -> Result<Self, String> {
        let origin = url.host_str().ok_or("the address has no host")?.to_owned();
        let origin_is_loopback = is_loopback(&origin);
        if url.scheme() != "https" && !(url.scheme() == "http" && origin_is_loopback) {
            return Err(format!("only https is allowed, not {}", url.scheme()));
        }
        Ok(Self { origin, origin_is_loopback, redirected: Arc::default() })
    }

    /// True when the download begins on this machine, where no proxy is of use.
    pub(crate) fn is_local(&self) -> bool {
        self.origin_is_loopback
    }

    /// May a redirect lead here?
    pub(crate) fn check(&self, url: &Url) -> Result<(), String> {
        let host = url.host_str().ok_or("a redirect without a host")?;
        let is_local_test = self.origin_is_loopback && is_loopback(host);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local_test) {
            return Err(format!("a redirect to {}: only https is allowed", url.scheme()));
        }
        if let Some(address) = literal(host)
            && !self.allows(host, address)
        {
            return Err(format!("a redirect to the private address {address} was refused"));
        }
        self.redirected.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned());
        Ok(())
    }

    fn allows(&self, host: &str, address: IpAddr) -> bool {
        host == self.origin || is_public(address) || (self.origin_is_loopback && address.is_loopback())
    }

    fn filter(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, String> {
        if !self.redirected.lock().unwrap_or_else(PoisonError::into_inner).contains(host) {
            return Ok(found);
        }
        let allowed: Vec<_> = found.into_iter().filter(|found| self.allows(host, found.ip())).collect();
        if allowed.is_empty() {
            return Err(format!("a redirect to {host}, which is a private address, was refused"));
        }
        Ok(allowed)
    }
}

/// Resolving and checking in one step leaves no moment in which a name could change its mind.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let allowed = guard.filter(&host, found)?;
            Ok::<Addrs, _>(Box::new(allowed.into_iter()))
        })
    }
}

fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || literal(host).is_some_and(|address| address.is_loopback())
}

/// True for addresses of the open internet (IANA special-purpose registries, RFC 6890). 198.18.0.0/15 passes
/// although it is set aside for benchmarks: proxies on people's machines hand it out in place of real addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        (0, 0) => (c, d, e, f) == (0, 0, 0, 0xffff) && embedded(g, h),
        (0x64, 0xff9b) => (c, d, e, f) == (0, 0, 0, 0) && embedded(g, h),
        (0x2002, _) => embedded(b, c),
        (0x2001, 0 | 0xdb8) => false,
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_source_is_https_or_on_this_machine() {
        for good in
            ["https://example.org/a", "http://127.0.0.1:9/a", "http://localhost/a", "http://[::1]:9/a"]
        {
            assert!(Guard::new(&url(good)).is_ok(), "{good}");
        }
        for bad in ["http://example.org/a", "http://10.0.0.1/a", "file:///etc/passwd", "ftp://127.0.0.1/"] {
            assert!(Guard::new(&url(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn redirects_lead_to_public_https_or_back_to_the_same_host() {
        let guard = Guard::new(&url("https://mirror.example.org/a")).unwrap();
        for good in ["https://cdn.example.net/x", "https://8.8.8.8/", "https://mirror.example.org/b"] {
            assert_eq!(guard.check(&url(good)), Ok(()), "{good}");
        }
        for bad in [
            "http://cdn.example.net/x",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.1.2.3/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
        ] {
            assert!(guard.check(&url(bad)).is_err(), "{bad}");
        }
        let own = Guard::new(&url("https://10.0.0.5/a")).unwrap();
        assert_eq!(own.check(&url("https://10.0.0.5/b")), Ok(()));
        assert!(own.check(&url("https://10.0.0.6/b")).is_err());
    }

    #[test]
    fn a_name_that_resolves_to_a_private_address_is_refused_only_after_a_redirect() {
        let private: Vec<SocketAddr> = vec!["192.168.1.1:0".parse().unwrap()];
        let guard = Guard::new(&url("https://mirror.corp/a")).unwrap();
        assert_eq!(guard.filter("mirror.corp", private.clone()), Ok(private.clone()));
        assert_eq!(guard.filter("proxy.corp", private.clone()), Ok(private.clone()));
        guard.check(&url("https://inside.corp/a")).unwrap();
        assert!(guard.filter("inside.corp", private.clone()).is_err());
        let mixed = vec![private[0], "1.1.1.1:0".parse().unwrap()];
        assert_eq!(guard.filter("inside.corp", mixed.clone()), Ok(vec![mixed[1]]));
    }

    #[test]
    fn special_addresses_are_not_public() {
        for bad in [
            "0.0.0.0",
            "100.64.0.1",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(bad.parse().unwrap()), "{bad}");
        }
        for good in ["1.1.1.1", "198.18.0.7", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"] {
            assert!(is_public(good.parse().unwrap()), "{good}");
        }
    }
}
