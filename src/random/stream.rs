//! Random streams by name. ChaCha20 turns (seed, entity, purpose) into a key; Philox2x64-7 turns (key, index) into draws.
//!
//! Deriving each stream from its name, not from a parent generator, keeps every other stream as it was when an entity is
//! added: that is what makes two variants comparable (common random numbers). A counter-based generator needs 24 bytes a
//! stream at any scale and can be asked for its n-th draw, so that a message's work needs no memory.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11; Philox2x64 multiplier.
const MULTIPLIER: u64 = 0xD2B7_4407_B1CE_6E93;
/// Source: ibid., Weyl increment of the key.
const WEYL: u64 = 0x9E37_79B9_7F4A_7C15;
/// Six rounds pass `BigCrush` (ibid., table 2); `Random123` publishes vectors for seven and ten. Each round waits for the one
/// before, so the three that are left out are a quarter of a sample's time.
const ROUNDS: u32 = 7;

/// One entity's random numbers for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RandomStream {
    key: u64,
    /// The upper half of the counter, so that a stream's name has 128 bits.
    lane: u64,
    next: u64,
}

impl RandomStream {
    /// The stream of `entity` for `purpose` under `seed`, at its first draw.
    pub fn new(seed: u64, entity: &str, purpose: &str) -> Self {
        let mut state = [0u8; 32];
        state[..8].copy_from_slice(&seed.to_le_bytes());
        state[8..16].copy_from_slice(&(entity.len() as u64).to_le_bytes());
        let text = [entity.as_bytes(), purpose.as_bytes()].concat();
        for chunk in text.chunks(32) {
            let mut mixed = state;
            ChaCha20Rng::from_seed(state).fill_bytes(&mut mixed);
            for (m, c) in mixed.iter_mut().zip(chunk) {
                *m ^= c;
            }
            state = mixed;
        }
        let mut last = ChaCha20Rng::from_seed(state);
        RandomStream { key: last.next_u64(), lane: last.next_u64(), next: 0 }
    }

    /// The next 64 random bits.
    #[inline(always)]
    pub fn draw(&mut self) -> u64 {
        let n = self.next;
        self.next += 1;
        self.draw_at(n)
    }

    /// The `n`-th draw (from 0 on), whatever was drawn before.
    #[inline(always)]
    pub fn draw_at(&self, n: u64) -> u64 {
        philox::<ROUNDS>([n, self.lane], self.key)[0]
    }

    /// A number below `n`, all equally likely. `n` must be at least 1.
    ///
    /// The upper 64 bits of a 128-bit product: the bias is below n / 2^64, and one draw is always enough.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(n)) >> 64) as u64
    }
}

#[inline(always)]
fn philox<const N: u32>(mut counter: [u64; 2], mut key: u64) -> [u64; 2] {
    for _ in 0..N {
        let product = u128::from(counter[0]) * u128::from(MULTIPLIER);
        counter = [(product >> 64) as u64 ^ key ^ counter[1], product as u64];
        key = key.wrapping_add(WEYL);
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: Random123 1.14, `tests/kat_vectors`, `philox2x64 7` and `philox2x64 10`.
    #[test]
    fn philox_gives_the_published_vectors() {
        assert_eq!(philox::<7>([0, 0], 0), [0xb41d_a69f_bfef_c666, 0x511e_9ce1_a553_4056]);
        assert_eq!(
            philox::<7>([u64::MAX, u64::MAX], u64::MAX),
            [0xa469_6cc0_4462_015d, 0x7247_82da_e171_69e9]
        );
        assert_eq!(philox::<10>([0, 0], 0), [0xca00_a045_9843_d731, 0x66c2_4222_c9a8_45b5]);
        assert_eq!(
            philox::<10>([u64::MAX, u64::MAX], u64::MAX),
            [0x65b0_21d6_0cd8_310f, 0x4d02_f322_2f86_df20]
        );
        assert_eq!(
            philox::<10>([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344], 0xa409_3822_299f_31d0),
            [0x0a5e_742c_2997_341c, 0xb0f8_83d3_8000_de5d]
        );
    }

    #[test]
    fn a_stream_depends_on_seed_entity_and_purpose_and_on_nothing_else() {
        let first = |seed, entity, purpose| RandomStream::new(seed, entity, purpose).draw();
        assert_eq!(first(1, "shop", "arrivals"), first(1, "shop", "arrivals"));
        let all = [
            first(1, "shop", "arrivals"),
            first(2, "shop", "arrivals"),
            first(1, "shop", "sizes"),
            first(1, "shoparr", "ivals"),
            first(1, "", "shoparrivals"),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b), "draw {i} is met twice in {all:x?}");
        }
    }

    #[test]
    fn a_draw_by_index_is_the_draw_in_order() {
        let fixed = RandomStream::new(7, "worker", "work");
        let mut moving = fixed.clone();
        for n in 0..100 {
            assert_eq!(moving.draw(), fixed.draw_at(n));
        }
    }

    #[test]
    fn below_reaches_every_value_about_equally_often() {
        let mut stream = RandomStream::new(3, "dice", "throws");
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|&c| (9_600..10_400).contains(&c)), "{counts:?}");
    }
}
