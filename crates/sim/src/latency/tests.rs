use super::*;

fn mean(latency: &Latency, from: usize, to: usize) -> u64 {
    let sampler = Sampler::new(latency);
    let mut prng = Prng::new(1, 1);
    (0..10_000).map(|_| sampler.draw(&mut prng, from, to)).sum::<u64>() / 10_000
}

#[test]
fn names_are_read_back() {
    for text in ["constant:1000", "uniform:500-1500", "exponential:500+1000", "aws"] {
        assert_eq!(Latency::parse(text).unwrap().to_string(), text);
    }
    for text in ["", "constant", "constant:x", "uniform:5-1", "exponential:1", "normal:1"] {
        assert_eq!(Latency::parse(text), None, "{text}");
    }
}

#[test]
fn draws_have_the_means_they_promise() {
    assert_eq!(mean(&Latency::Constant(7), 0, 1), 7);
    let uniform = mean(&Latency::Uniform { low_us: 500, high_us: 1_500 }, 0, 1);
    assert!((980..1_020).contains(&uniform), "{uniform}");
    let exponential = mean(&Latency::Exponential { least_us: 500, mean_us: 1_000 }, 0, 1);
    assert!((1_450..1_550).contains(&exponential), "{exponential}");
}

/// af-south-1 to ap-east-1: half of 347.552 ms at the median, half of 376.122 ms at the 90th percentile.
#[test]
fn the_measured_matrix_is_whole_and_in_order() {
    assert_eq!(AWS.lines().count(), REGIONS * REGIONS + 1);
    let Sampler::Matrix(pairs) = Sampler::new(&Latency::Aws) else { panic!() };
    assert_eq!(pairs.len(), REGIONS * REGIONS);
    assert_eq!(pairs[1], (173_776, 14_285));
    let regions: Vec<&str> =
        AWS.lines().skip(1).take(REGIONS).filter_map(|line| line.split(',').nth(1)).collect();
    for (index, line) in AWS.lines().skip(1).enumerate() {
        let mut fields = line.split(',');
        assert_eq!(fields.next(), Some(regions[index / REGIONS]));
        assert_eq!(fields.next(), Some(regions[index % REGIONS]));
    }
    let far = mean(&Latency::Aws, 0, 1);
    assert!((170_000..185_000).contains(&far), "{far}");
}

#[test]
fn decimal_milliseconds_become_microseconds() {
    assert_eq!(microseconds("4.4559999999999995"), Some(4_455));
    assert_eq!(microseconds("135.0"), Some(135_000));
    assert_eq!(microseconds("7"), Some(7_000));
    assert_eq!(microseconds("x"), None);
}
