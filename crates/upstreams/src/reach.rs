//! Which addresses a site may lead to, and names looked up with that in mind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use catalog::Endpoint;
use ports::Reach;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

/// Where clouds tell a machine its secrets. No vendor is there, whoever says so.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
];

/// Why a name leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NameError {
    #[error("the name is not known")]
    Unknown,
    #[error("the name leads where nobody may be asked")]
    Forbidden,
}

/// How far an address may lead that was typed into a page. Vendors are on the internet, but for those whose own address is
/// nearby: servers that people run themselves.
pub(crate) fn reach_for_page(endpoint: &Endpoint) -> Reach {
    match Url::parse(&endpoint.base_url) {
        Ok(url) if is_near(&url) => Reach::Near,
        Ok(_) | Err(_) => Reach::Public,
    }
}

/// True when somebody at this address may be asked.
fn allows(reach: Reach, address: IpAddr) -> bool {
    let address = inner(address);
    match reach {
        Reach::Anywhere => true,
        Reach::Near => !METADATA.contains(&address) && (is_public(address) || is_around(address)),
        Reach::Public => !METADATA.contains(&address) && is_public(address),
    }
}

/// True unless the address itself, without looking anything up, shows that nobody there may be asked.
pub(crate) fn allows_url(reach: Reach, url: &Url) -> bool {
    match address_in(url) {
        Some(address) => allows(reach, address),
        None => reach != Reach::Public || !has_name_of_neighbour(url),
    }
}

/// Looks names up, and forgets what is out of reach. A connection goes to what was checked, to nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guide(pub(crate) Reach);

impl Resolve for Guide {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| NameError::Unknown)?;
            let found: Vec<SocketAddr> = found.collect();
            let allowed: Vec<SocketAddr> =
                found.iter().copied().filter(|one| allows(reach, one.ip())).collect();
            if allowed.is_empty() {
                let error = if found.is_empty() { NameError::Unknown } else { NameError::Forbidden };
                return Err(error.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// True for this machine and for those of its own network, as far as the address shows it.
pub(crate) fn is_near(url: &Url) -> bool {
    match address_in(url) {
        Some(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Some(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        None => has_name_of_neighbour(url),
    }
}

fn has_name_of_neighbour(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_end_matches('.');
        !host.contains('.')
            || [".local", ".internal", ".lan", ".localhost"].iter().any(|end| host.ends_with(end))
    })
}

fn address_in(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The address that is meant by one in another's clothes.
fn inner(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let [a, b, c, d, e, f, g, h] = six.segments();
    let four = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] => four(g, h),
        [0, 0, 0, 0, 0, 0] if g != 0 => four(g, h),
        [0x64, 0xff9b, 0, 0, 0, 0] => four(g, h),
        [0x2002, high, low, ..] => four(high, low),
        _ => address,
    }
}

/// This machine, and networks that belong to somebody.
fn is_around(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_loopback() || four.is_private() || is_shared(four),
        IpAddr::V6(six) => six.is_loopback() || six.is_unique_local(),
    }
}

/// True for what is reached through the internet (the special-purpose registries of IANA, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            !(four.is_loopback()
                || four.is_private()
                || is_shared(four)
                || four.is_link_local()
                || four.is_multicast()
                || four.is_documentation()
                || a == 0
                || a >= 240
                || (a, b, c) == (192, 0, 0)
                || (a == 198 && (b & 0xfe) == 18))
        }
        // 2000::/3 is all that is given out; in it, Teredo and documentation are not the internet.
        IpAddr::V6(six) => {
            let [a, b, ..] = six.segments();
            (a & 0xe000) == 0x2000 && (a, b) != (0x2001, 0) && (a, b) != (0x2001, 0x0db8)
        }
    }
}

/// 100.64.0.0/10: what providers share among customers, and what overlay networks use.
fn is_shared(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 100 && (b & 0xc0) == 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(reach: Reach, addresses: &[&'static str]) -> Vec<&'static str> {
        addresses.iter().copied().filter(|text| allows(reach, text.parse().unwrap())).collect()
    }

    const PUBLIC: [&str; 4] = ["8.8.8.8", "223.5.5.5", "2606:4700::1111", "::ffff:8.8.8.8"];
    const AROUND: [&str; 7] =
        ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.9", "::1", "fd12::1"];
    const NEVER: [&str; 19] = [
        "169.254.169.254",
        "169.254.1.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "198.18.0.1",
        "240.0.0.1",
        "::",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ];

    #[test]
    fn a_page_leads_to_the_internet_or_nearby_and_never_to_a_cloud_s_secrets() {
        assert_eq!(allowed(Reach::Public, &PUBLIC), PUBLIC);
        assert_eq!(allowed(Reach::Public, &AROUND), [""; 0]);
        assert_eq!(allowed(Reach::Public, &NEVER), [""; 0]);
        assert_eq!(allowed(Reach::Near, &PUBLIC), PUBLIC);
        assert_eq!(allowed(Reach::Near, &AROUND), AROUND);
        assert_eq!(allowed(Reach::Near, &NEVER), [""; 0]);
        assert_eq!(allowed(Reach::Anywhere, &NEVER), NEVER);
    }

    #[test]
    fn a_neighbour_in_other_clothes_is_a_neighbour() {
        let clothes = ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"];
        assert_eq!(allowed(Reach::Public, &clothes), [""; 0]);
    }

    #[test]
    fn an_address_shows_what_it_can_without_being_looked_up() {
        let is_allowed = |text: &str| allows_url(Reach::Public, &Url::parse(text).unwrap());
        assert!(is_allowed("https://models.example/v1") && is_allowed("https://8.8.8.8"));
        for bad in [
            "https://127.0.0.1",
            "https://0x7f.1",
            "https://2130706433",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://localhost",
            "https://localhost.",
            "https://gpu",
            "https://gpu.lan",
            "https://x.localhost",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
        assert!(allows_url(Reach::Near, &Url::parse("http://gpu:8000").unwrap()));
    }

    #[tokio::test]
    async fn a_name_that_leads_nearby_is_not_followed_from_the_internet() {
        let look = |reach: Reach| async move { Guide(reach).resolve("localhost".parse().unwrap()).await };
        assert!(look(Reach::Near).await.is_ok() && look(Reach::Anywhere).await.is_ok());
        let error = look(Reach::Public).await.err().unwrap();
        assert_eq!(error.downcast_ref::<NameError>(), Some(&NameError::Forbidden));
    }
}
