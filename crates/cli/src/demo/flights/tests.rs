use super::*;

#[test]
fn the_week_is_6099_tickets_of_which_35_never_leave() {
    let flights = read(None).unwrap();
    assert_eq!(flights.len(), 6_099);
    assert_eq!(flights.iter().filter(|flight| flight.departed_min.is_none()).count(), 35);
    assert_eq!(flights[0].ticket, "UA1545-2013-01-01");
    assert!(flights.iter().all(|flight| flight.ticket.len() <= app::tickets::TICKET_ID_BYTES_MAX));
    assert!(flights.iter().all(|flight| flight.data.len() <= app::tickets::TICKET_DATA_BYTES_MAX));
}

#[test]
fn a_flight_that_leaves_after_midnight_leaves_on_the_next_day() {
    let csv = "year,month,day,dep_time,sched_dep_time,dep_delay,carrier,flight,tailnum,origin,dest\n\
               2013,1,2,42,2359,43,B6,707,N580JB,JFK,SJU\n2013,1,2,2358,2359,-1,B6,708,N1,JFK,SJU\n";
    let flights = parse(csv.as_bytes()).unwrap();
    assert!(flights[0].departed_min > flights[1].departed_min);
}

#[test]
fn a_bad_line_is_named() {
    let header =
        "year,month,day,dep_time,sched_dep_time,dep_delay,carrier,flight,tailnum,origin,dest\n";
    for (line, says) in [
        ("2013,1,2,42,9999,43,B6,707,N580JB,JFK,SJU", "line 2"),
        ("2013,1,2,42,1200,soon,B6,707,N580JB,JFK,SJU", "line 2"),
        ("2013,1,2,42", "line 2"),
        ("2013,1,2,1,1,0,B6,7,N,J,S\n2013,1,2,2,2,0,B6,7,N,J,S", "B67-2013-01-02"),
    ] {
        let failure = parse(format!("{header}{line}\n").as_bytes()).unwrap_err();
        assert!(failure.what.contains(says), "{}", failure.what);
    }
    assert!(parse(&[0x1f, 0x8b, 1, 2, 3]).is_err());
}
