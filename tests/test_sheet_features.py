"""Twenty features of trial reports: the sheet carries each, and states nothing false."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
import pytest
from test_extraction import AIKG, as_csv, told

from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.names import BASE, PREFIXES

#: What each row has unless it says otherwise.
COMMON = {
    "Trial": "TOY", "Design": "randomized trial", "Trial population": "women (TOY)",
    "Publication": "paper (TOY)", "Section": "Abstract", "Analysis set": "intention to treat",
}  # fmt: skip
#: Figures of one arm, and of two arms compared.
ONE = {**COMMON, "Arm": "exemestane", "Drugs": "exemestane 25 mg (day 1 of TOY)"}
TWO = {
    **ONE, "Compared with": "anastrozole", "Drugs compared with": "anastrozole 1 mg (day 1 of TOY)",
}  # fmt: skip
HR = {**TWO, "Outcome": "overall survival", "Measure": "hazard ratio"}
RATE = {**ONE, "Measure": "crude proportion", "Unit": "%"}
MEDIAN = {**ONE, "Outcome": "time to progression", "Measure": "median", "Unit": "mo"}
SIZE = {**COMMON, "Arm": "all", "Outcome": "number of patients", "Measure": "count"}
SIZE |= {"Unit": "{person}"}


def figure(base: dict[str, str], value: str, **cells: str) -> dict[str, str]:
    """Return a row with a value, printed as it is, and other cells (`CI_low` for CI low)."""
    shown = {"As printed": value, "Value": value} if value else {}
    return base | shown | {name.replace("_", " "): text for name, text in cells.items()}


@dataclass
class Feature:
    """Rows, a pattern that must hold, and patterns that must not."""

    rows: list[dict[str, str]]
    holds: str
    never: tuple[str, ...] = ()


#: The subgroups of the first feature, in two papers.
VISCERAL = {**SIZE, "Subgroup": "visceral disease"}
FEATURES = {
    "1 one label, two definitions, two sizes": Feature(
        [
            figure(VISCERAL, "304", Publication="A", Subgroup_definition="liver or lung"),
            figure(VISCERAL, "313", Publication="B", Subgroup_definition="any organ"),
        ],
        """?a :statedSize 304.0 ; :inPopulation ?p . ?b :statedSize 313.0 ; :inPopulation ?q .
        ?p :definitionStated "liver or lung" ; :within population:any-visceral .
        ?q :definitionStated "any organ" ; :within population:any-visceral . FILTER(?p != ?q)""",
    ),
    "1b one definition, two sizes in two papers": Feature(
        [figure(VISCERAL, "304", Publication="A"), figure(VISCERAL, "313", Publication="B")],
        "?g :statedSize 304.0 , 313.0 . FILTER NOT EXISTS { ?g :size ?any }",
    ),
    "2 several cut-offs": Feature(
        [
            figure(HR, "0.66", Kind_of_analysis="primary", **{"Data cut-off": "2008-01-10"}),
            figure(HR, "0.63", Kind_of_analysis="update", Supersedes="primary"),
        ],
        """?new :value 0.63 ; :ofAnalysis ?a . ?a :analysisKind :UpdatedAnalysis ; :supersedes ?b .
        ?old :value 0.66 ; :ofAnalysis ?b . ?b :analysisKind :PrimaryAnalysis ; :dataCutOff ?day""",
    ),
    "3 a result quoted again, with a misprint": Feature(
        [
            figure(HR, "0.81", Figure="F1"),
            figure(
                HR, "0.801", Publication="B", Repeats="F1", Kind_of_problem="misprint",
                Problem_in_the_source="0.801 for 0.81",
            ),
        ],
        "?b :value 0.801 ; :restates [ :value 0.81 ] . ?i :concerns ?b ; :issueKind :Misprint",
    ),
    "4 p without its sides": Feature(
        [
            figure(HR, "0.7", p_value=".02"),
            figure(HR, "0.8", Analysis="b", p_value="0.02", p_sides="1"),
        ],
        """?a :value 0.7 ; :pValue 0.02 ; :pQualifier "=" . ?b :value 0.8 ; :pSides 1
        FILTER NOT EXISTS { ?a :pSides ?any }""",
    ),
    "5 a nominal p with its boundary": Feature(
        [
            figure(
                HR, "0.81", p_value="0.02", p_sides="2", Significance="not significant",
                Hypothesis="superiority; boundary 0.0161", Planned="post hoc",
            ),
        ],
        """?a :pValue 0.02 ; :significanceBoundary 0.0161 ; :testedHypothesis :Superiority ;
        :planStated :PostHoc ; :significanceStated :NotSignificant""",
    ),
    "6 interim and final": Feature(
        [
            figure(HR, "0.7", Kind_of_analysis="interim"),
            figure(HR, "0.9", Kind_of_analysis="final", Supersedes="interim"),
        ],
        """?a :analysisKind :FinalAnalysis ; :supersedes ?b . ?b :analysisKind :InterimAnalysis""",
    ),
    "7 two assessors": Feature(
        [
            figure(MEDIAN, "11.1", Assessed_by="independent review"),
            figure(MEDIAN, "13.7", Assessed_by="investigator"),
        ],
        "?a :value 11.1 ; :assessedBy ?x . ?b :value 13.7 ; :assessedBy :Investigator . "
        "FILTER(?x != :Investigator)",
    ),
    "8 two subgroups of one arm": Feature(
        [
            figure(
                {**ONE, "Outcome": "overall survival", "Measure": "hazard ratio"}, "0.62",
                Subgroup="non-visceral disease", Compared_subgroup="visceral disease",
            ),
        ],
        """?a a :Contrast ; :experimental ?g ; :reference ?h . ?g :ofArm ?arm . ?h :ofArm ?arm .
        ?g :inPopulation/:within population:non-visceral .
        ?h :inPopulation/:within population:any-visceral""",
        ("?a :randomizedAgainst ?b",),
    ),
    "8b two subgroups of all arms": Feature(
        [
            figure(
                {**COMMON, "Arm": "all", "Outcome": "overall survival", "Measure": "hazard ratio"},
                "0.62", Subgroup="ESR1 mutated", Compared_subgroup="ESR1 wild type",
            ),
        ],
        "?a :experimental/:ofStudy ?t ; :reference/:ofStudy ?t ; :value 0.62",
        ("?g :ofArm ?arm",),
    ),
    "9 a result of several trials": Feature(
        [figure(HR, "0.59", Design="pooled analysis", Pools="EFECT; ATAC")],
        """?t a :PooledAnalysis ; :pools study:efect , ?other FILTER(?other != study:efect)
        ?f :value 0.59 ; :experimental/:ofArm/:ofStudy ?t""",
        ("?t a :PooledAnalysis , :Trial", "?f :experimental/:ofArm/:ofStudy study:efect"),
    ),
    "10 a choice of drugs": Feature(
        [
            figure(RATE, "40", Outcome="objective response", Drugs="anastrozole or letrozole"),
            figure(
                SIZE, "12", Arm="exemestane", Given_drug="letrozole", Counts="persons"
            ),
        ],
        """?c :givesOneOf drug:anastrozole , drug:letrozole .
        ?g :givenOfChoice drug:letrozole . ?f :ofGroup ?g ; :value 12.0 .
        ?arm :receivesClass ?class""",
        ("?c :gives drug:anastrozole", "?arm :receives drug:letrozole"),
    ),
    "11 two schedules of one drug": Feature(
        [
            figure(
                HR, "0.8", Arm="high", Compared_with="low",
                Drugs="fulvestrant 500 mg (days 0, 14, 28, then every 28 days)",
                Drugs_compared_with="fulvestrant 250 mg (every 28 days)",
            ),
        ],
        """?f :experimental/:ofArm/:assignedRegimen/:hasComponent ?x ;
        :reference/:ofArm/:assignedRegimen/:hasComponent ?y .
        ?x :gives drug:fulvestrant ; :dose 500.0 ; :schedule ?s .
        ?y :gives drug:fulvestrant ; :dose 250.0 ; :schedule ?r""",
    ),
    "12 numerator and comparator": Feature(
        [figure(HR, "1.2", Arm="anastrozole", Drugs="anastrozole 1 mg (day 1 of TOY)",
                Compared_with="exemestane", Drugs_compared_with="exemestane 25 mg (day 1 of TOY)")],
        "?f :experimental/:ofArm/:receives drug:anastrozole ; "
        ":reference/:ofArm/:receives drug:exemestane",
        ("?f :experimental/:ofArm/:receives drug:exemestane",),
    ),
    "13 two tests, and a hypothesis that was not shown": Feature(
        [
            figure({**HR, "Measure": "comparison in words"}, "", As_printed="P = .121",
                   Direction="no difference", p_value="0.121", Test="log-rank; stratified"),
            figure({**HR, "Measure": "comparison in words"}, "", As_printed="P = .028",
                   Direction="higher", p_value="0.028", Test="Wilcoxon; for tumour size",
                   Hypothesis="non-inferiority; margin 1.25; not shown"),
        ],
        """?a :pValue 0.121 ; :test :LogRankTest ; :adjustment :Stratified .
        ?b :pValue 0.028 ; :test :WilcoxonTest ; :adjustedFor "tumour size" ;
        :testedHypothesis :NonInferiority ; :statedMargin 1.25 ; :hypothesisMet false""",
        ("?a :pValue 0.121 ; :testedHypothesis ?any",),
    ),
    "14 limits below 0 and above 100": Feature(
        [figure(RATE, "50", Outcome="objective response", CI_low="-0.6", CI_high="103.9",
                CI_level="95")],
        "?f :ciLow -0.6 ; :ciHigh 103.9 ; :ciLevel 95.0",
    ),
    "14b an interval with one limit, of another level": Feature(
        [figure(HR, "0.81", CI_low="none", CI_high="1.16", CI_level="97.5")],
        "?f :ciLowStatus :NotApplicable ; :ciHigh 1.16 ; :ciLevel 97.5",
        ("?f :ciLow ?any",),
    ),
    "15 kinds of absence and vagueness": Feature(
        [
            figure(MEDIAN, "", As_printed="not reached", Status="not reached"),
            figure(MEDIAN, "", As_printed="NE", Status="not estimable", Analysis="b"),
            figure(MEDIAN, "30", Hedge="approximately", Analysis="c"),
            figure({**HR, "Measure": "comparison in words"}, "", As_printed="lower",
                   Direction="lower"),
        ],
        """?a :status :NotReached . ?b :status :NotEstimable . ?c :hedge "approximately" .
        ?d :directionStated :Lower . FILTER NOT EXISTS { ?d :value ?any }""",
        ("?a :status :NotReached ; :value ?any",),
    ),
    "16 a count, a percentage and another denominator": Feature(
        [
            figure(
                RATE, "31.2", Outcome="serious adverse event", As_printed="65 (31.2%)",
                Count="65", Patients="228", Kind_of_problem="contradiction",
                Problem_in_the_source="65 of 228 people are 28.5%",
            ),
        ],
        """?a :value 31.2 ; :unit "%" ; :printed ?p ; :ofGroup ?g .
        ?b :value 65.0 ; :measure :Count ; :counts :Persons ; :printed ?p ; :ofGroup ?g .
        ?g :statedSize 228.0 . ?issue :concerns ?a ; :issueKind :Contradiction""",
    ),
    "17 numbers that differ by source": Feature(
        [
            figure(SIZE, number, Publication=paper, **{"Analysis set": "randomised"})
            for number, paper in (("4136", "A"), ("4170", "B"), ("4172", "C"))
        ],
        "?g :analysisSet :Randomized ; :statedSize 4136.0 , 4170.0 , 4172.0",
        ("?g :size ?any",),
    ),
    "18 a subgroup by several criteria": Feature(
        [figure(HR, "0.9", Subgroup="HER2 negative; relapse < 6 months after tamoxifen")],
        """?g :inPopulation ?p . ?p :within population:her2-negative , ?other , ?people .
        ?t :enrols ?people . FILTER(?other != population:her2-negative && ?other != ?people)""",
    ),
    "19 one adverse event by two kinds of term": Feature(
        [
            figure(RATE, "6.6", Outcome="hot flushes",
                   Event_details="preferred term; reported event", Grade="any"),
            figure(RATE, "8.3", Outcome="hot flushes", Event_details="group of terms",
                   Grade="any"),
            figure(RATE, "1.1", Outcome="hot flushes", Grade="3 or 4",
                   Event_details="related to treatment"),
        ],
        """?a :value 6.6 ; :termLevel :PreferredTerm ; :ascertainment :ReportedEvent .
        ?a :grade "1-5" .
        ?b :value 8.3 ; :termLevel :GroupedTerm . ?c :grade "3-4" ; :causality :TreatmentRelated""",
        ("?b :termLevel :GroupedTerm ; :ascertainment ?any",),
    ),
    "20 definitions of an endpoint": Feature(
        [
            figure(MEDIAN, "9", Endpoint_definition="modified RECIST; from randomisation"),
            figure(MEDIAN, "8", Endpoint_definition="WHO criteria; surgery counts as progression"),
            figure(RATE, "52", Outcome="clinical benefit >= 24 weeks"),
        ],
        """?a :responseCriteria :ModifiedRecist ; :timeOrigin :FromRandomization .
        ?b :responseCriteria :WhoCriteria ; :definitionStated "surgery counts as progression" .
        ?c :ofOutcome/:minimumDuration 24.0""",
        ("?c :value 52.0 ; :ofOutcome outcome:clinical-benefit",),
    ),
    "21 spread": Feature(
        [
            figure({**MEDIAN, "Outcome": "age", "Unit": "a"}, "63",
                   Spread="IQR 55.5-71; range 34 to 89"),
        ],
        "?a :firstQuartile 55.5 ; :thirdQuartile 71.0 ; :smallest 34.0 ; :largest 89.0",
    ),
    "22 problems of a group, a trial and a paper": Feature(
        [
            figure(MEDIAN, "9", Problem_in_the_source="x", Problem_concerns="group"),
            figure(MEDIAN, "8", Analysis="b", Problem_in_the_source="y", Problem_concerns="trial"),
            figure(MEDIAN, "7", Analysis="c", Problem_in_the_source="z"),
            figure(MEDIAN, "6", Analysis="d", Problem_in_the_source="z",
                   Kind_of_problem="misprint"),
        ],
        """?x rdfs:label "x"@en ; :concerns [ a :Group ] . ?y rdfs:label "y"@en ;
        :concerns [ a :Trial ] . ?z rdfs:label "z"@en ; :concerns ?f , ?g ; :issueKind :Misprint .
        ?f :value 7.0 . ?g :value 6.0""",
        ("?z :issueKind ?one , ?two . FILTER(?one != ?two)",),
    ),
    "23 no earlier therapy, and a figure that another paper reports": Feature(
        [
            figure(MEDIAN, "9", No_prior_therapy="tamoxifen", Credited_to="first report (TOY)",
                   Source_seen="report by others", Maturity="31", Analysis="final"),
        ],
        """?p :excludesPriorTherapy drug:tamoxifen . ?f :sourceSeen :SeenReport ;
        :attributedTo [ rdfs:label "first report (TOY)"@en ] ; :ofAnalysis/:maturity 31.0""",
        ("?p :priorTherapy drug:tamoxifen",),
    ),
    "24 a new outcome, and any drug of a class": Feature(
        [
            figure(RATE, "9", Outcome="new efficacy outcome: mood (higher is better)",
                   Drugs="any nonsteroidal aromatase inhibitor"),
            figure(RATE, "8", Outcome="mood", Analysis="b", Drugs=""),
        ],
        """?o :betterWhen :Higher . ?f :ofOutcome ?o ; :value 8.0 . ?c :givesAnyOf ?class""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_the_sheet_carries_the_feature(shipped: ox.Store, rules: Rules, feature: Feature) -> None:
    """The rows are valid, the query finds the feature, and no false statement is there."""
    body = as_csv(*feature.rows)
    examined = examine(shipped, body, media_type="text/csv", file="f", name="toy", rules=rules)
    assert told(examined) == []
    store = ox.Store()
    verdict = examined.verdict
    store.extend(
        ox.Quad(t.subject, t.predicate, t.object) for t in [*verdict.triples, *verdict.inferred]
    )
    for quad in shipped.quads_for_pattern(None, ox.NamedNode(AIKG + "minimumDuration"), None, None):
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    names = {"": AIKG} | {
        prefix: PREFIXES[prefix] for prefix in ("rdfs", "drug", "study", "outcome", "population")
    }
    head = "".join(f"PREFIX {prefix}: <{iri}> " for prefix, iri in names.items())
    assert bool(store.query(f"{head} ASK {{ {feature.holds} }}"))
    for never in feature.never:
        assert not bool(store.query(f"{head} ASK {{ {never} }}")), never


MISTAKES = {
    "a figure against itself": (
        [figure(HR, "0.62", Compared_with="exemestane", Drugs_compared_with="")],
        ("rule/same-group", 2, "Compared with"),
    ),
    "nothing is pooled": (
        [figure(HR, "0.6", Design="pooled analysis")], ("rule/needed", 2, "Pools"),
    ),
    "an unknown trial is pooled": (
        [figure(HR, "0.6", Design="pooled analysis", Pools="EFFECT")],
        ("rule/unknown-trial", 2, "Pools"),
    ),
    "an analysis that no row has": (
        [figure(HR, "0.6", Kind_of_analysis="final", Supersedes="interim")],
        ("rule/unknown-analysis", 2, "Supersedes"),
    ),
    "a count in words": (
        [figure(RATE, "31", Outcome="fatigue", Count="about 65")], ("rule/count", 2, "Count"),
    ),
    "a count of a comparison": ([figure(HR, "0.6", Count="65")], ("rule/count", 2, "Count")),
    "a grade that is none": (
        [figure(RATE, "31", Outcome="fatigue", Grade="banana")], ("rule/off-the-list", 2, "Grade"),
    ),
    "an unknown test": (
        [figure(HR, "0.6", p_value="0.1", Test="log-rang")], ("rule/off-the-list", 2, "Test"),
    ),
    "a margin in words": (
        [figure(HR, "0.6", Hypothesis="margin small")], ("rule/number", 2, "Hypothesis"),
    ),
    "another duration": (
        [figure(RATE, "50", Outcome="clinical benefit >= 25 weeks")],
        ("rule/no-such-duration", 2, "Outcome"),
    ),
    "no place": ([figure(HR, "0.6", Section="")], ("rule/needed", 2, "Section")),
    "no level": (
        [figure(HR, "0.6", CI_low="0.5", CI_high="0.7")], ("rule/needed", 2, "CI level"),
    ),
    "two sizes of a design": (
        [figure(HR, "0.6"), figure(MEDIAN, "9", Trial_population="men")],
        ("rule/said-twice", 3, "Trial population"),
    ),
    "two cut-offs of one analysis": (
        [
            figure(HR, "0.6", Analysis="a", **{"Follow-up": "9", "Follow-up unit": "mo"}),
            figure(MEDIAN, "9", Analysis="a", Kind_of_analysis="interim"),
            figure(RATE, "9", Outcome="fatigue", Analysis="a", Kind_of_analysis="final"),
        ],
        ("rule/said-twice", 4, "Kind of analysis"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "error"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_error_at_its_cell(
    shipped: ox.Store, rules: Rules, rows: list[dict[str, str]], error: tuple[str, int, str]
) -> None:
    """One cause is one error: what a shape misses then is not reported again."""
    body = as_csv(*rows)
    examined = examine(shipped, body, media_type="text/csv", file="f", name="toy", rules=rules)
    assert told(examined) == [error]


@pytest.mark.parametrize(
    ("written", "grade"),
    [
        ("3/4", "3-4"), ("3 or 4", "3-4"), ("3\u20134", "3-4"), ("grade 3-4", "3-4"), ("3+", "3-5"),
        (">=3", "3-5"), ("\u22653", "3-5"), ("3 or higher", "3-5"), ("any", "1-5"),
        ("any grade", "1-5"), ("3", "3"), ("Grades 1 to 2", "1-2"),
    ],
)  # fmt: skip
def test_a_grade_has_one_spelling(
    shipped: ox.Store, rules: Rules, written: str, grade: str
) -> None:
    """A band of grades is the same band, however it is written."""
    body = as_csv(figure(RATE, "31", Outcome="fatigue", Grade=written))
    examined = examine(shipped, body, media_type="text/csv", file="f", name="toy", rules=rules)
    found = {
        t.object.value for t in examined.verdict.triples if t.predicate.value.endswith("grade")
    }
    assert found == {grade}


@pytest.mark.parametrize("written", ["4-3", "6", "3-4-5", "0", "high", "3-"])
def test_another_text_is_no_grade(shipped: ox.Store, rules: Rules, written: str) -> None:
    """The closed list refuses what is not on it."""
    body = as_csv(figure(RATE, "31", Outcome="fatigue", Grade=written))
    examined = examine(shipped, body, media_type="text/csv", file="f", name="toy", rules=rules)
    assert told(examined) == [("rule/off-the-list", 2, "Grade")]


def test_a_near_name_has_the_same_digits(shipped: ox.Store, rules: Rules) -> None:
    """Another duration is never offered for the one that was written."""
    body = as_csv(figure(RATE, "50", Outcome="clinical benefit of 30 weeks"))
    examined = examine(shipped, body, media_type="text/csv", file="f", name="toy", rules=rules)
    (found,) = (f for f in examined.report.findings if f.blocks)
    assert "Did you mean" not in found.mend
    assert BASE not in found.mend
