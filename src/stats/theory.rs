//! Queues whose long-run means are known in closed form. Times are in any unit, rates in its inverse.
//! Knows neither AMQP nor whether a system is one of these.

/// The long-run means of a queue with Poisson arrivals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SteadyState {
    /// The part of the time that a server works, 0 to 1.
    pub utilisation: f64,
    /// Mean number of customers that wait for a server.
    pub waiting: f64,
    /// Mean time from arrival to the begin of service, of the customers who enter.
    pub wait: f64,
    /// Mean time from arrival to the end of service, of the customers who enter.
    pub sojourn: f64,
    /// The part of the arrivals that finds no room, 0 to 1.
    pub refused: f64,
}

/// M/M/c: arrivals at rate `lambda`, `servers` servers that each serve at rate `mu`, any number may wait; `None` if they
/// cannot keep up. With one server it is M/M/1.
///
/// Source: Erlang's C formula; Gross et al., "Fundamentals of Queueing Theory", 4th edition, section 2.3.
pub fn m_m_c(lambda: f64, mu: f64, servers: u32) -> Option<SteadyState> {
    let c = f64::from(servers);
    let utilisation = lambda / (c * mu);
    if !(0.0..1.0).contains(&utilisation) {
        return None;
    }
    // Erlang B by its recurrence, which neither overflows nor cancels; C follows from B.
    let offered = lambda / mu;
    let blocked = (1..=servers).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b));
    let must_wait = blocked / (1.0 - utilisation * (1.0 - blocked));
    let wait = must_wait / (c * mu - lambda);
    Some(SteadyState { utilisation, waiting: lambda * wait, wait, sojourn: wait + 1.0 / mu, refused: 0.0 })
}

/// M/G/1: arrivals at rate `lambda`, one server, service times of this mean and coefficient of variation; `None` if it
/// cannot keep up. A coefficient of 0 is M/D/1, of 1 gives the means of M/M/1.
///
/// Source: the formula of Pollaczek and Khinchine; Gross et al., section 5.1.
pub fn m_g_1(lambda: f64, mean_service: f64, variation: f64) -> Option<SteadyState> {
    let utilisation = lambda * mean_service;
    if !(0.0..1.0).contains(&utilisation) {
        return None;
    }
    let wait = utilisation * mean_service * (1.0 + variation * variation) / 2.0 / (1.0 - utilisation);
    let sojourn = wait + mean_service;
    Some(SteadyState { utilisation, waiting: lambda * wait, wait, sojourn, refused: 0.0 })
}

/// M/M/1/K: like M/M/1, but an arrival that finds `room` customers (at least 1, the one in service included) is refused.
/// Any load is stable.
///
/// Source: Gross et al., section 2.4.
pub fn m_m_1_k(lambda: f64, mu: f64, room: u32) -> SteadyState {
    // Weights of the states are powers of the load; divided by the largest, none overflows.
    let load = lambda / mu;
    let largest = if load > 1.0 { room } else { 0 };
    let weight = |n: u32| libm::pow(load, f64::from(n) - f64::from(largest));
    let all: f64 = (0..=room).map(weight).sum();
    let state = |n: u32| weight(n) / all;
    let refused = state(room);
    let utilisation = 1.0 - state(0);
    let waiting: f64 = (1..=room).map(|n| f64::from(n - 1) * state(n)).sum();
    let wait = waiting / (lambda * (1.0 - refused));
    SteadyState { utilisation, waiting, wait, sojourn: wait + 1.0 / mu, refused }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-9 * expected.abs().max(1.0), "{got} against {expected}");
    }

    /// Sojourn 1 / (mu − lambda), waiting load² / (1 − load).
    #[test]
    fn one_server_is_the_formula_of_every_textbook() {
        let queue = m_m_c(0.9, 1.0, 1).unwrap();
        near(queue.sojourn, 10.0);
        near(queue.waiting, 8.1);
        assert_eq!(m_m_c(1.0, 1.0, 1), None);
        let pollaczek = m_g_1(0.9, 1.0, 1.0).unwrap();
        near(pollaczek.sojourn, queue.sojourn);
        near(pollaczek.waiting, queue.waiting);
    }

    /// Constant service halves the wait.
    #[test]
    fn constant_service_waits_half_as_long() {
        near(m_g_1(0.8, 1.0, 0.0).unwrap().wait * 2.0, m_m_c(0.8, 1.0, 1).unwrap().wait);
        assert_eq!(m_g_1(2.0, 0.5, 0.0), None);
    }

    /// Two servers: the probability of waiting is 2 load² / (1 + load). Printed tables: C(5 servers, 4 erlang) = 0.5541.
    #[test]
    fn several_servers_agree_with_erlangs_tables() {
        let two = m_m_c(1.5, 1.0, 2).unwrap();
        let load: f64 = 0.75;
        near(two.wait, 2.0 * load * load / (1.0 + load) / (2.0 - 1.5));
        let five = m_m_c(4.0, 1.0, 5).unwrap();
        assert!((five.wait - 0.554_1).abs() < 5e-5, "{}", five.wait);
    }

    #[test]
    fn room_for_k_refuses_the_share_of_the_formula_at_any_load() {
        // Load 1: all states alike.
        let even = m_m_1_k(1.0, 1.0, 4);
        near(even.refused, 0.2);
        near(even.utilisation, 0.8);
        // (1 − load) load^K / (1 − load^(K+1))
        let half = m_m_1_k(0.5, 1.0, 3);
        near(half.refused, 0.5 * 0.125 / (1.0 - 0.0625));
        // What enters is served: lambda (1 − refused) = mu · utilisation.
        let over = m_m_1_k(300.0, 1.0, 1000);
        near(300.0 * (1.0 - over.refused), over.utilisation);
        // Much room is M/M/1.
        near(m_m_1_k(0.8, 1.0, 400).sojourn, m_m_c(0.8, 1.0, 1).unwrap().sojourn);
    }

    /// Little's law holds in each of them.
    #[test]
    fn waiting_is_the_rate_of_entering_times_the_wait() {
        for (lambda, queue) in [
            (2.5, m_m_c(2.5, 1.0, 3).unwrap()),
            (0.7, m_g_1(0.7, 1.0, 2.0).unwrap()),
            (1.7, m_m_1_k(1.7, 1.0, 9)),
        ] {
            near(queue.waiting, lambda * (1.0 - queue.refused) * queue.wait);
        }
    }
}
