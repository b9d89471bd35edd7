"""What `jobs.postprocess` is asked for: its flags, each described once, and what they ask."""

from dataclasses import dataclass

from analysis.explain.methods.names import NAMES
from orchestrator.errors import BadInput
from orchestrator.process.backend import AUTO, CHOICES
from orchestrator.process.command_line import Command, flag, place


@dataclass(frozen=True)
class PostprocessRequest:
    """What is asked for; results depend on all of it but `force`.

    Attributes:
        members: in the ensemble, at most.
        split: whose images are predicted, explained and drawn: test or validation.
        explain: images that the costly methods explain; None for all.
        methods: names in `analysis.explain.methods.names.NAMES`; which of them leads is judged.
        flip: whether mirrored images are predicted too, and averaged with.
        robustness: images on which corruptions are tried; None for all.
        ferplus: path of FER+'s votes; "" without them.
        ferplus_pixels: of fer2013.csv, where images are files.
        quick: whether no ideal images are looked for, and speed is measured on fewer images.
        force: whether what is there is computed again.
        data: path of the data set, if it moved.
    """

    members: int = 7
    split: str = "test"
    explain: int | None = 56
    methods: tuple[str, ...] = ()
    flip: bool = False
    robustness: int | None = 0
    ferplus: str = ""
    ferplus_pixels: str = ""
    quick: bool = False
    force: bool = False
    data: str | None = None


EVERY_METHOD = ",".join(NAMES)

QUICK_METHODS = ("gradcam", "hirescam", "layercam", "gradient")
"""What `--quick` asks where no methods are named: those that cost a pass or two."""

QUICK_IMAGES = 28
"""Images that `--quick` judges methods on where no number is named."""


def _members(name: str, number: int) -> int:
    if number < 1:
        raise BadInput(f"{name} {number}: an ensemble has 1 member or more")
    return number


def _workers(name: str, number: int) -> int:
    if number < 1:
        raise BadInput(f"{name} {number}: 1 worker or more is needed")
    return number


def _images(name: str, text: str) -> str:
    if text != "all" and (not text.isdecimal() or int(text) < 1):
        raise BadInput(f"{name} {text}: give a number of images, 1 or more, or all")
    return text


def _number(text: str | None) -> int | None:
    """Of images: none where nothing is named, None for all."""
    if text is None:
        return 0
    return None if text == "all" else int(text)


def _methods(name: str, text: str) -> str:
    methods = _split(text)
    unknown = [method for method in methods if method not in NAMES]
    if unknown or not methods:
        named = ", ".join(unknown) or "nothing"
        raise BadInput(f"{name} names {named}; the methods are {', '.join(NAMES)}")
    return text


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


@dataclass(frozen=True, kw_only=True)
class PostprocessArguments:
    """The words of the command line."""

    results: str = flag(
        "a sweep's own folder, RESULTS/NAME", required=True, positional=True, check=place
    )
    members: int = flag(
        "members at most", default=PostprocessRequest.members, metavar="N", check=_members
    )
    split: str = flag(
        "images to measure, explain and draw; test images are read once, and counted",
        default=PostprocessRequest.split,
        choices=("test", "validation"),
    )
    explain: str = flag(
        "images that all methods explain and are judged on; Grad-CAM and the leading one do all",
        default=str(PostprocessRequest.explain),
        metavar="all|N",
        check=_images,
    )
    methods: str = flag(
        "explanation methods; the cheapest that passes the run's own judgement leads",
        default=EVERY_METHOD,
        metavar="A,B",
        check=_methods,
    )
    flip: bool = flag("predict mirrored images too, and average", default=False)
    robustness: str | None = flag(
        "images that are made darker, blurred, covered, turned, ... to see what accuracy that "
        "costs: 50 predictions an image and member; default: none",
        metavar="all|N",
        check=_images,
    )
    ferplus: str | None = flag(
        "FER+'s fer2013new.csv: accuracy also against what its ten taggers say",
        metavar="FILE",
        check=place,
    )
    ferplus_pixels: str | None = flag(
        "fer2013.csv, by whose pixels FER+'s rows are told where images are files",
        metavar="FILE",
        check=place,
    )
    quick: bool = flag(
        f"judge and draw less: {QUICK_IMAGES} images, methods that cost a pass or two, no ideal "
        "images; without it, what is missing is made",
        default=False,
    )
    force: bool = flag("do again what is there", default=False)
    data: str | None = flag("the data set, if it has moved", metavar="PATH", check=place)
    concurrency: int | None = flag("workers; default: one a core", metavar="N", check=_workers)
    backend: str = flag(
        "what computes; auto: what trained the sweep", default=AUTO, choices=CHOICES
    )
    address: str | None = flag("of a running Ray cluster, e.g. auto", metavar="A")

    @property
    def request(self) -> PostprocessRequest:
        """What they ask for, wherever it is done."""
        few = self.quick and self.explain == str(PostprocessRequest.explain)
        cheap = self.quick and self.methods == EVERY_METHOD
        return PostprocessRequest(
            members=self.members,
            split=self.split,
            explain=QUICK_IMAGES if few else None if self.explain == "all" else int(self.explain),
            methods=QUICK_METHODS if cheap else _split(self.methods),
            flip=self.flip,
            robustness=_number(self.robustness),
            ferplus=self.ferplus or "",
            ferplus_pixels=self.ferplus_pixels or "",
            quick=self.quick,
            force=self.force,
            data=self.data,
        )


COMMAND = Command(
    program="python -m jobs.postprocess",
    takes=PostprocessArguments,
    description="Turn a sweep's results into an ensemble, explanations, pictures and a report.",
)


def resume_command(arguments: PostprocessArguments) -> str:
    """The command that goes on; nothing is forced twice."""
    return COMMAND.line(arguments, without=("force",))
