//! The natural logarithm of a uniform draw, by a table and a short polynomial, with the same bits on every platform.
//!
//! Every sample of an exponential needs one, so it is worth more than a general function: `libm`'s takes about 110
//! instructions, this one 30. Only `+ - * /` are used, which IEEE 754 rounds in one way, and Rust never fuses them.

/// Pieces of the interval [1, 2), each with its middle.
const PIECES: usize = 128;
/// Bits of a number's fraction that name its piece.
const PIECE_BITS: u32 = PIECES.ilog2();
/// Bits of a number's fraction that say where in its piece it lies.
const REST_BITS: u32 = f64::MANTISSA_DIGITS - 1 - PIECE_BITS;

/// What is known of the middle of a piece.
#[derive(Clone, Copy)]
struct Middle {
    reciprocal: f64,
    logarithm: f64,
}

static MIDDLES: [Middle; PIECES] = middles();

const fn middles() -> [Middle; PIECES] {
    let mut all = [Middle { reciprocal: 0.0, logarithm: 0.0 }; PIECES];
    let mut piece = 0;
    while piece < PIECES {
        let middle = 1.0 + (piece as f64 + 0.5) / PIECES as f64;
        all[piece] = Middle { reciprocal: 1.0 / middle, logarithm: by_series(middle) };
        piece += 1;
    }
    all
}

/// The logarithm of a number from 1 to 2 by its series 2 (z + z³/3 + z⁵/5 + …) with z = (x - 1) / (x + 1), which is at
/// most 1/3: 20 terms leave less than 2^-64. The smallest terms are added first.
const fn by_series(x: f64) -> f64 {
    let z = (x - 1.0) / (x + 1.0);
    let mut sum = 0.0;
    let mut term = 20;
    while term > 0 {
        term -= 1;
        sum = sum * z * z + 1.0 / (2 * term + 1) as f64;
    }
    2.0 * z * sum
}

/// -ln(u), where u = (k + 1/2) / 2^52 with the upper 52 bits k of `draw`: neither 0 nor 1 is ever met.
///
/// Between 1.1e-16 and 36.8; wrong by less than 4e-15.
#[inline(always)]
pub(super) fn minus_ln(draw: u64) -> f64 {
    // (2k + 1) / 2^53: 53 bits fit a number exactly, and a signed one is converted in one step.
    let bits = ((draw >> 11 | 1) as i64 as f64).to_bits();
    let one = 1f64.to_bits();
    let fraction = bits & ((1 << (f64::MANTISSA_DIGITS - 1)) - 1);
    let x = f64::from_bits(fraction | one);
    let middle = f64::from_bits(fraction >> REST_BITS << REST_BITS | 1 << (REST_BITS - 1) | one);
    // u = x · 2^-halvings.
    let halvings = (1023 + 53) - (bits >> (f64::MANTISSA_DIGITS - 1)) as i64;
    let known = MIDDLES[(fraction >> REST_BITS) as usize];
    // ln x = ln middle + ln(1 + r), with r at most 2^-8: what the polynomial leaves out is below 2^-50.
    let r = (x - middle) * known.reciprocal;
    let rest = r * (1.0 + r * (-1.0 / 2.0 + r * (1.0 / 3.0 + r * (-1.0 / 4.0 + r * (1.0 / 5.0)))));
    halvings as f64 * core::f64::consts::LN_2 - known.logarithm - rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    /// The same number by the general function of `libm`.
    fn general(draw: u64) -> f64 {
        -libm::log(((draw >> 12) as f64 + 0.5) / (1u64 << 52) as f64)
    }

    #[test]
    fn it_is_the_logarithm() {
        let mut stream = RandomStream::new(1, "test", "logarithm");
        let ends = [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1];
        // Draws of every magnitude, and those at both edges of every piece.
        let random =
            (0..64).flat_map(|shift| (0..500).map(move |_| shift)).map(|shift| stream.draw() >> shift);
        let edges = (0..PIECES as u64).flat_map(|piece| {
            let edge = 1 << 63 | piece << (63 - PIECE_BITS);
            [edge, edge.wrapping_sub(1)]
        });
        for draw in random.collect::<Vec<_>>().into_iter().chain(edges).chain(ends) {
            let (fast, exact) = (minus_ln(draw), general(draw));
            assert!((fast - exact).abs() < 4e-15 * exact.max(1.0), "{draw:#x}: {fast} instead of {exact}");
            assert!(fast > 0.0, "{draw:#x}");
        }
    }

    #[test]
    fn it_falls_as_the_draw_rises() {
        // Variants stay in step only if a larger draw never gives a longer time.
        let mut stream = RandomStream::new(1, "test", "order");
        for _ in 0..100_000 {
            let draw = stream.draw();
            assert!(minus_ln(draw) >= minus_ln(draw.saturating_add(1 << 20)), "{draw:#x}");
        }
    }
}
