use super::*;

fn figure(plot: Plot) -> Figure {
    Figure {
        title: "Time to decide <& \"so\">".to_owned(),
        caption: "Four runs of 100 decisions; bars are 95 % intervals of the mean.".to_owned(),
        size: Size::Page,
        source: Some(Source { run: "0123456789ab".to_owned(), figure: "latency".to_owned() }),
        plot,
    }
}

fn curve(label: &str, style: Style) -> Series {
    let points: Vec<[f64; 2]> =
        (1..=10).map(|x| [f64::from(x), 0.1 * f64::from(x * x) + 1.0 / 3.0]).collect();
    let band = points.iter().map(|[_, y]| [y * 0.9, y * 1.1]).collect();
    Series { label: label.to_owned(), style, points, band }
}

fn lines(residuals: bool) -> Plot {
    let series = [Style::Marked, Style::Plain, Style::Steps, Style::Marks]
        .map(|style| curve(&format!("{style:?}"), style));
    Plot::Lines(Lines {
        x: Axis::linear("p"),
        y: Axis::log("latency (ms)"),
        residuals: residuals.then(|| Residuals {
            label: "difference".to_owned(),
            series: vec![curve("Plain", Style::Marks)],
        }),
        series: series.to_vec(),
    })
}

fn groups(style: GroupStyle) -> Plot {
    let group = |label: &str, shift: f64| Group {
        label: label.to_owned(),
        n: 20,
        five: [1.0, 2.0, 3.0, 4.0, 6.0].map(|v| v + shift),
        mean: 3.2 + shift,
        mean_interval: Some([2.9 + shift, 3.5 + shift]),
        outliers: vec![9.0 + shift],
        density: (0..20).map(|i| [f64::from(i) * 0.4 + shift, f64::from(i % 7)]).collect(),
    };
    Plot::Groups(Groups {
        style,
        x_label: "protocol".to_owned(),
        y: Axis::linear("latency (ms)"),
        groups: vec![group("pbft", 0.0), group("raft", -0.5)],
    })
}

fn all() -> Vec<Figure> {
    let heat = Plot::Heat(Heat {
        x_label: "n".to_owned(),
        y_label: "liars".to_owned(),
        value_label: "share of runs".to_owned(),
        columns: vec!["4".to_owned(), "7".to_owned()],
        rows: vec!["0".to_owned(), "1".to_owned()],
        values: vec![vec![Some(0.0), Some(0.25)], vec![Some(1.0), None]],
    });
    let message = |from, to, arrived_us| Message {
        from,
        to,
        sent_us: 100,
        arrived_us,
        kind: "prepare".to_owned(),
    };
    let spacetime = Plot::SpaceTime(SpaceTime {
        replicas: vec!["n0".to_owned(), "n1".to_owned()],
        messages: vec![message(0, 1, Some(900)), message(1, 0, None)],
        moments: vec![Moment { replica: 1, at_us: 950, label: "decides".to_owned() }],
    });
    let plots = [
        lines(false),
        lines(true),
        groups(GroupStyle::Box),
        groups(GroupStyle::Violin),
        heat,
        spacetime,
    ];
    plots.into_iter().map(figure).collect()
}

#[test]
fn every_drawing_proves_what_it_was_made_of() {
    for figure in all() {
        let (svg, pdf) = (svg(&figure).unwrap(), pdf(&figure).unwrap());
        assert!(pdf.starts_with(b"%PDF-1."), "a PDF document");
        for document in [svg.as_bytes(), &pdf] {
            let certificate = verify(document).unwrap();
            assert_eq!(certificate.figure, figure);
            assert_eq!(certificate.fingerprint, fingerprint(&figure));
            assert_eq!(certificate.fingerprint.len(), 64);
        }
    }
}

#[test]
fn what_was_changed_is_found() {
    let document = svg(&all()[0]).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(document.contains(from), "{from}");
        verify(document.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    assert!(matches!(changed("[1.0,0.43333333333333335]", "[1.0,0.4]"), Flaw::OtherData { .. }));
    assert!(matches!(
        changed("95 % intervals of the mean.&quot;", "99 %.&quot;"),
        Flaw::OtherData { .. }
    ));
    assert_eq!(changed("<path d=\"M", "<path d=\"M1"), Flaw::OtherDrawing);
    assert_eq!(changed("</svg>", "<!-- -->"), Flaw::OtherDrawing);
    let format = changed("unisono-figure/1", "unisono-figure/9");
    assert_eq!(format, Flaw::OtherFormat("unisono-figure/9".to_owned()));
    let said = changed("&quot;figure&quot;:{&quot;title", "&quot;figure&quot;:{&quot;tit");
    assert!(matches!(said, Flaw::Unreadable(_)), "{said}");
    for broken in [&b""[..], b"<svg/>", b"%PDF-1.7", &document.as_bytes()[..900]] {
        assert!(matches!(verify(broken), Err(Flaw::Unreadable(_))));
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let Plot::Lines(good) = lines(false) else { unreachable!() };
    let drawn = |change: fn(&mut Lines)| {
        let mut bad = good.clone();
        change(&mut bad);
        svg(&figure(Plot::Lines(bad)))
    };
    let nan = drawn(|lines| lines.series[0].points[0][1] = f64::NAN);
    assert_eq!(nan, Err(TooMuch::NotFinite { what: "a series" }));
    assert!(drawn(|lines| lines.series[0].band.truncate(3)).is_err());
    assert!(drawn(|lines| lines.series = vec![lines.series[0].clone(); 300]).is_err());
    assert!(drawn(|lines| lines.x.min = Some(f64::INFINITY)).is_err());
    // Nothing at all, and zero on a logarithmic axis, are drawn as an empty frame.
    assert!(drawn(|lines| lines.series.clear()).is_ok());
    assert!(drawn(|lines| lines.series[0].points[0][1] = 0.0).is_ok());
}

#[test]
fn lines_differ_without_their_colours() {
    let looks: Vec<_> = (0..6).map(palette::Look::of).collect();
    for (index, look) in looks.iter().enumerate() {
        for other in &looks[..index] {
            let marks = |look: palette::Look| {
                let mut scene = axes::sheet(&all()[0]).0;
                look.mark(&mut scene, [9.0, 9.0], 3.0);
                let shapes = scene.shapes.into_iter();
                shapes
                    .filter_map(|s| match s {
                        scene::Shape::Path { points, .. } => Some(points),
                        scene::Shape::Text { .. } => None,
                    })
                    .collect::<Vec<_>>()
            };
            assert_ne!((look.dash, marks(*look)), (other.dash, marks(*other)));
        }
    }
}

#[test]
fn ticks_stand_at_round_values() {
    let ticks = |axis: Axis, values: &[f64]| {
        let ruler = scale::Ruler::new(&axis, values.iter().copied(), 0.0, 100.0);
        ruler.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ticks(Axis::linear(""), &[0.0, 1.0]), "0 0.2 0.4 0.6 0.8 1.0");
    assert_eq!(ticks(Axis::linear(""), &[3.0, 97.0]), "0 20 40 60 80 100");
    assert_eq!(ticks(Axis::linear(""), &[-2.0, 2.0]), "-2 -1 0 1 2");
    assert_eq!(ticks(Axis::linear(""), &[5.0]), "4.8 5.0 5.2");
    assert_eq!(ticks(Axis::log(""), &[1.0, 1_000.0]), "1 10 100 1000");
    assert_eq!(ticks(Axis::linear("").between(0.0, 1.0), &[]), "0 0.2 0.4 0.6 0.8 1.0");
}
