//! Which addresses belong to the open internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Endings of names that are given out inside of networks, never on the internet.
const INNER_ENDINGS: [&str; 9] =
    [".localhost", ".local", ".internal", ".lan", ".home", ".corp", ".home.arpa", ".intranet", ".onion"];

/// True for an address that everybody on the internet reaches (registries of special purpose of IANA, RFC 6890 and its
/// heirs). An address of IPv4 in the clothes of IPv6 is refused whatever it is: nobody needs it.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// True for names that lead inside of a network by what they are.
pub fn is_inner_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    !host.contains('.') || INNER_ENDINGS.iter().any(|ending| host.ends_with(ending))
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    let is_special = match (a, b, c) {
        // This network; private; loopback; private.
        (0 | 10 | 127, ..) => true,
        // What providers share among customers, and the metadata of a cloud.
        (100, 64..=127, _) => true,
        // Link-local, with the metadata of most clouds.
        (169, 254, _) => true,
        (172, 16..=31, _) | (192, 168, _) => true,
        // Protocols; documentation; relays of 6to4.
        (192, 0, 0 | 2) | (192, 88, 99) => true,
        // Benchmarks; documentation.
        (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        (224..=255, ..) => true,
        _ => false,
    };
    // The host of a cloud's machines, which answers them as metadata do.
    !is_special && [a, b, c, d] != [168, 63, 129, 16]
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // 2000::/3 is all that is given out. Loopback, mapped and compatible addresses, NAT64, ULA, link-local and
    // multicast are outside of it.
    let is_given_out = (a & 0xe000) == 0x2000;
    // 2001::/23 has Teredo, ORCHID and benchmarks; then documentation, 6to4, and what was once the 6bone.
    let is_special =
        matches!((a, b), (0x2001, 0..=0x1ff | 0xdb8) | (0x2002 | 0x3ffe, _) | (0x3fff, 0..=0xfff));
    is_given_out && !is_special
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_everybody_reaches_is_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "3ffe::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in
            ["1.1.1.1", "8.8.8.8", "99.255.255.255", "100.128.0.1", "172.32.0.1", "223.5.5.5", "192.0.1.1"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["2606:4700:4700::1111", "2400:3200::1", "2001:4860:4860::8888", "2a00:1450::1"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn names_of_networks_of_somebody_are_known() {
        for host in
            ["localhost", "LOCALHOST.", "x.localhost", "router", "nas.local", "metadata.google.internal"]
        {
            assert!(is_inner_name(host), "{host}");
        }
        for host in ["example.org", "local.example.org", "例子.测试", "internal.com"] {
            assert!(!is_inner_name(host), "{host}");
        }
    }

    proptest! {
        #[test]
        fn no_address_of_ipv4_passes_in_other_clothes(four in any::<u32>()) {
            let four = Ipv4Addr::from(four);
            prop_assert!(!is_public(IpAddr::V6(four.to_ipv6_mapped())));
            let [a, b, c, d] = four.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for six in [[0, 0, 0, 0, 0, 0, high, low], [0x64, 0xff9b, 0, 0, 0, 0, high, low],
                        [0x2002, high, low, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0xffff, 0, high, low]] {
                prop_assert!(!is_public(IpAddr::V6(Ipv6Addr::from(six))));
            }
        }

        #[test]
        fn what_the_standard_library_calls_special_is_never_public(four in any::<u32>(), six in any::<u128>()) {
            let four = Ipv4Addr::from(four);
            if four.is_private() || four.is_loopback() || four.is_link_local() || four.is_multicast()
                || four.is_broadcast() || four.is_documentation() || four.is_unspecified() {
                prop_assert!(!is_public(IpAddr::V4(four)));
            }
            let six = Ipv6Addr::from(six);
            if six.is_loopback() || six.is_multicast() || six.is_unique_local() || six.is_unicast_link_local() {
                prop_assert!(!is_public(IpAddr::V6(six)));
            }
        }
    }
}
