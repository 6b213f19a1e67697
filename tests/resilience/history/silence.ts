/** That a user is not told of another one, because of a block or a mute. */
export const silenceOf = (recipient: string, actor: string) => `${recipient} of ${actor}`;

/** That a user is not told of a kind, because it is switched off. */
export const silenceOfKind = (recipient: string, kind: string) => `${recipient} of each ${kind}`;

/** That users are not told of a post, or of the posts of a user, because they may not see them. */
export const silenceOfHidden = (postOrOwner: string) => `everybody of ${postOrOwner}`;
