use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// How many connections each address has.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The place of one connection, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    counted: Option<(IpAddr, Admission)>,
}

impl Admission {
    pub(super) fn new(most: usize) -> Admission {
        Admission { most, open: Arc::default() }
    }

    /// Lets a connection in, unless its address has enough. This machine is not limited: behind a
    /// proxy on it, and in a benchmark, every client has its address.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Admitted> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return Some(Admitted { counted: None });
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Admitted { counted: Some((address, self.clone())) })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let Some((address, admission)) = &self.counted else { return };
        let mut open = admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                open.remove(address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_gets_them_back() {
        let admission = Admission::new(2);
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let one = admission.admit(address);
        let two = admission.admit("::ffff:192.0.2.1".parse().unwrap());
        assert!(one.is_some() && two.is_some());
        assert!(admission.admit(address).is_none());
        assert!(admission.admit("192.0.2.2".parse().unwrap()).is_some());
        drop(one);
        let one = admission.admit(address);
        assert!(one.is_some());
        drop((one, two));
        assert!(admission.open.lock().unwrap().is_empty(), "addresses that left are forgotten");
    }

    #[test]
    fn this_machine_is_not_limited() {
        let admission = Admission::new(1);
        let all: Vec<_> = (0..10).map(|_| admission.admit("127.0.0.1".parse().unwrap())).collect();
        assert!(all.iter().all(Option::is_some));
    }
}
