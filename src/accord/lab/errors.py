"""What errors of demos and federations on one machine say."""

from __future__ import annotations

from accord.core.wording import Messages


class Msg(Messages):
    """What errors of this room say."""

    DESKS_NEED_PORTS = "{number} desks need ports {first} to {last}; begin at {highest} or below"
    DEMO_RUNNING_IN_FOLDER = "a demo is running in this folder; end it with Ctrl-C, or choose another with --home"
    PROCESS_ENDED_BY_ITSELF = "the process of {name} ended by itself; its messages say why"
    AGREEMENT_DID_NOT_GET_ACROSS_WITHIN = "an agreement did not get across within {seconds} s; the logs of the centres say why"
    FOLDER_HOLDS_NODE_NO_EXERCISE = "this folder holds a node that is no exercise; choose another with --home"
    CENTRES_NEED_MANY_PORTS = "{count} centres need as many ports; {given} are given"
    MEMBER_FAILED = "{member}: {message}"
