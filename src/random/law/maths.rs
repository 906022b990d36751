//! What the laws are made of: uniform numbers from one draw, and the normal law. `+ - * /` and the square root are exact by
//! IEEE 754 on every platform; everything else is `libm`'s, pinned.

/// More random numbers from one draw, for laws that need several: the sequence of `SplitMix64` that starts there.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Clone, Debug)]
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn of(draw: u64) -> Self {
        Draws(draw)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn unit(&mut self) -> f64 {
        unit(self.next())
    }
}

/// The draw as a number in the open interval (0, 1): 52 bits and a half, so that neither end is ever met.
#[inline]
pub(super) fn unit(draw: u64) -> f64 {
    ((draw >> 12) as i64 as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

/// The share of the standard normal law above `z`, with its relative precision in the upper tail.
pub(super) fn normal_above(z: f64) -> f64 {
    0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The density of the standard normal law.
pub(super) fn normal_density(z: f64) -> f64 {
    const TWO_PI_ROOT_INVERSE: f64 = 0.398_942_280_401_432_7;
    TWO_PI_ROOT_INVERSE * libm::exp(-0.5 * z * z)
}

/// The number below which the share `p` of the standard normal law lies; `p` in (0, 1). Relative error about 1e-16.
/// Source: Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988), AS 241, PPND16.
#[expect(clippy::excessive_precision, reason = "the digits of the source")]
pub(super) fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(
            r,
            [
                3.387_132_872_796_366_608,
                133.141_667_891_784_377_45,
                1_971.590_950_306_551_442_7,
                13_731.693_765_509_461_125,
                45_921.953_931_549_871_457,
                67_265.770_927_008_700_853,
                33_430.575_583_588_128_105,
                2_509.080_928_730_122_672_7,
            ],
        ) / polynomial(
            r,
            [
                1.0,
                42.313_330_701_600_911_252,
                687.187_007_492_057_908_3,
                5_394.196_021_424_751_107_7,
                21_213.794_301_586_595_867,
                39_307.895_800_092_710_61,
                28_729.085_735_721_942_674,
                5_226.495_278_852_854_561,
            ],
        );
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt();
    let z = if r <= 5.0 {
        let r = r - 1.6;
        polynomial(
            r,
            [
                1.423_437_110_749_683_577_34,
                4.630_337_846_156_545_295_9,
                5.769_497_221_460_691_405_5,
                3.647_848_324_763_204_605_04,
                1.270_458_252_452_368_382_58,
                0.241_780_725_177_450_611_77,
                0.022_723_844_989_269_184_59,
                7.745_450_142_783_414_076_4e-4,
            ],
        ) / polynomial(
            r,
            [
                1.0,
                2.053_191_626_637_758_821_87,
                1.676_384_830_183_803_849_4,
                0.689_767_334_985_100_004_55,
                0.148_103_976_427_480_074_59,
                0.015_198_666_563_616_457_2,
                5.475_938_084_995_344_946e-4,
                1.050_750_071_644_416_843_24e-9,
            ],
        )
    } else {
        let r = r - 5.0;
        polynomial(
            r,
            [
                6.657_904_643_501_103_777_2,
                5.463_784_911_164_114_369_9,
                1.784_826_539_917_291_335_8,
                0.296_560_571_828_504_891_23,
                0.026_532_189_526_576_123_093,
                0.001_242_660_947_388_078_438_6,
                2.711_555_568_743_487_578_15e-5,
                2.010_334_399_292_288_132_65e-7,
            ],
        ) / polynomial(
            r,
            [
                1.0,
                0.599_832_206_555_887_937_69,
                0.136_929_880_922_735_805_31,
                0.014_875_361_290_850_615_025,
                7.868_691_311_456_132_591e-4,
                1.846_318_317_510_054_681_8e-5,
                1.421_511_758_316_445_888_7e-7,
                2.044_263_103_389_939_785_64e-15,
            ],
        )
    };
    if q < 0.0 { -z } else { z }
}

/// The polynomial with these coefficients, that of the constant first.
fn polynomial(x: f64, coefficients: [f64; 8]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The number in `low..high` at which `rises`, which grows, reaches `target`: the nearest that halving finds.
pub(super) fn root(mut low: f64, mut high: f64, target: f64, rises: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if rises(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: tables of the normal law, and the examples of AS 241.
    #[test]
    fn the_normal_quantile_has_the_published_values() {
        for (p, z) in [
            (0.5, 0.0),
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
            (0.975, 1.959_963_984_540_054),
        ] {
            assert!((normal_quantile(p) - z).abs() < 2e-15 * z.abs().max(1.0), "{p}: {}", normal_quantile(p));
        }
    }

    #[test]
    fn the_normal_quantile_is_the_inverse_of_the_share_above() {
        for z in [-6.0, -2.5, -0.1, 0.0, 1.0, 4.0] {
            assert!((normal_quantile(1.0 - normal_above(z)) - z).abs() < 1e-9 * (1.0 + z * z * z * z), "{z}");
        }
        assert!((normal_density(0.0) - 0.398_942_280_401).abs() < 1e-12);
    }

    /// Source: the reference implementation by Vigna, seed 1234567.
    #[test]
    fn draws_are_the_published_sequence() {
        let mut draws = Draws::of(1_234_567);
        assert_eq!(draws.next(), 6_457_827_717_110_365_317);
        assert_eq!(draws.next(), 3_203_168_211_198_807_973);
    }
}
