"""What is written into the audit log beside keys and people: the checkout's own secrets, and where live money goes."""

from typing import Any, Literal, TypeAlias

from keyturn.stores.head import write_down, write_down_all
from keyturn.stores.ports import Act
from tillgate.base.principal import Principal
from tillgate.store import Transaction

WalletAction: TypeAlias = Literal["wallet.set", "wallet.confirmed", "wallet.skipped", "token.accepted", "token.refused"]
RateAction: TypeAlias = Literal["rate.set", "rate.removed", "feed.added", "feed.removed"]
TransferAction: TypeAlias = Literal["transfer.assigned", "transfer.returned"]
EmbedAction: TypeAlias = Literal[
    "embed.enabled", "embed.key_rotated", "embed.origins_set", "embed.suspended", "embed.resumed"
]
TemplateAction: TypeAlias = Literal[
    "template.published", "template.rolled_back", "template.hook_rotated", "template.signatures_set"
]
NetworkAction: TypeAlias = Literal[
    "network.added", "network.changed", "network.paused", "network.resumed", "token.added"
]


async def write_down_endpoint(
    tx: Transaction,
    principal: Principal,
    now: int,
    action: Literal["webhook.created", "webhook.secret_rotated", "webhook.deleted"],
    endpoint_id: str,
) -> None:
    """Write down whose doing it is that a webhook endpoint has a secret, has another one, or is gone."""
    await write_down(
        tx, Act(now, principal.actor), action, principal.project_id, None, endpoint=endpoint_id, mode=principal.mode
    )


async def write_down_erasing(tx: Transaction, principal: Principal, now: int, customer_id: str) -> None:
    """Write down whose doing it is that nothing is known of a customer any more."""
    await write_down(
        tx,
        Act(now, principal.actor),
        "customer.data_erased",
        principal.project_id,
        None,
        customer=customer_id,
        mode=principal.mode,
    )


async def write_down_settings(
    tx: Transaction,
    act: Act,
    project_id: str,
    changed: dict[str, Any],
    *,
    renamed: dict[str, Any] | None = None,
) -> None:
    """Write down whose doing it is that a project's name and its settings are what they are.

    Args:
        changed: by setting, what it was and what it is.
        renamed: the same of its name.
    """
    lines = [("project.renamed", renamed), ("project.settings_changed", changed)]
    told = [(action, project_id, None, detail) for action, detail in lines if detail]
    if told:
        await write_down_all(tx, act, told)


async def write_down_wallet(
    tx: Transaction,
    act: Act,
    action: WalletAction,
    project_id: str,
    **detail: Any,
) -> None:
    """Write down whose doing it is that a project's live money goes somewhere else, or comes in another token."""
    await write_down(tx, act, action, project_id, None, mode="live", **detail)


async def write_down_rate(tx: Transaction, act: Act, action: RateAction, project_id: str | None, **detail: Any) -> None:
    """Write down whose doing it is that prices are converted by another rate: a project's, or all that have none of
    their own for the two currencies."""
    await write_down(tx, act, action, project_id, None, mode="live", **detail)


async def write_down_template(
    tx: Transaction,
    act: Act,
    action: TemplateAction,
    project_id: str,
    *,
    template: str,
    **detail: Any,
) -> None:
    """Write down whose doing it is that a project's documents look as they do, and who can ask for them."""
    await write_down(tx, act, action, project_id, None, template=template, **detail)


async def write_down_embed(tx: Transaction, act: Act, action: EmbedAction, project_id: str, **detail: Any) -> None:
    """Write down whose doing it is that a project's templates are shown inside of other pages, and by whose tokens."""
    await write_down(tx, act, action, project_id, None, **detail)


async def write_down_transfer(
    tx: Transaction, principal: Principal, now: int, action: TransferAction, transfer_id: str, **detail: Any
) -> None:
    """Write down whose doing it is that money which fitted no payment was assigned, or is said to have gone back."""
    await write_down(
        tx,
        Act(now, principal.actor),
        action,
        principal.project_id,
        None,
        transfer=transfer_id,
        mode=principal.mode,
        **detail,
    )


async def write_down_network(
    tx: Transaction,
    act: Act,
    action: NetworkAction,
    **detail: Any,
) -> None:
    """Write down whose doing it is that the installation asks these nodes, or knows this token."""
    await write_down(tx, act, action, None, None, **detail)
