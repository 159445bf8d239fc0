// The rule language (design: language), its queries, and the DDL of PostgreSQL and SQLite dumps. See README.md here.
//
// compiler/syntax hands over one statement at a time, without its semicolon. The grammar is written so that almost
// every decision needs one token, which is what keeps parsing fast: look twice at what starts with the same word, and
// at any rule that may be empty.
parser grammar BulkheadParser;

options { tokenVocab = BulkheadLexer; }

// ---- Entry rules -------------------------------------------------------------------------------------------------

statementEntry : statement EOF ;
queryEntry : query SEMICOLON? EOF ;
exprEntry : expr SEMICOLON? EOF ;

statement
  : CREATE createBody
  | isolate
  | share
  | confidential
  | use
  | assume
  | planHint
  | alterTable
  | alterEnum
  ;

createBody
  : schemaFrom
  | principal
  | tenant
  | policy
  | view
  | function
  | stream
  | test
  | table
  | enumType
  | domain
  | index
  ;

// ---- Rules -------------------------------------------------------------------------------------------------------

schemaFrom : SCHEMA FROM path=STRING ;

principal : PRINCIPAL LPAREN claims+=columnDef (COMMA claims+=columnDef)* RPAREN ;

tenant : TENANT name=word ON tableName=qualifiedName key=columnList VISIBLE TO inTarget ;

isolate : ISOLATE tables+=qualifiedName (COMMA tables+=qualifiedName)* (BY | THROUGH) isolateColumns ;
isolateColumns : columns+=word | LPAREN columns+=word (COMMA columns+=word)* RPAREN ;

share : SHARE tables+=qualifiedName (COMMA tables+=qualifiedName)* ;

confidential : CONFIDENTIAL items+=confidentialTable (COMMA items+=confidentialTable)* ;
confidentialTable : qualifiedName columnList ;

policy
  : POLICY name=word ON tableName=qualifiedName
    (AS (PERMISSIVE | RESTRICTIVE))?
    (FOR command=(ALL | SELECT | INSERT | UPDATE | DELETE))?
    (TO roles+=roleName (COMMA roles+=roleName)*)?
    (USING LPAREN usingCondition=expr RPAREN)?
    (WITH CHECK LPAREN checkCondition=expr RPAREN)?
  ;
roleName : word | CURRENT_USER | SESSION_USER ;

view : (OR REPLACE)? (TEMP | TEMPORARY)? VIEW ifNotExists? qualifiedName columnList? AS query ;

// PostgreSQL's functions are read by hand: their bodies are text.
function
  : (OR REPLACE)? FUNCTION name=word LPAREN (parameters+=parameter (COMMA parameters+=parameter)*)? RPAREN
    (RETURNS resultType=columnType)? AS body=expr
  ;
parameter : name=word columnType? (notNull=NOT NULL_)? (DEFAULT defaultValue=operand)? ;

stream : STREAM name=word options+=streamOption* AS (single=query | block) ;
streamOption
  : AUTO SUBSCRIBE                                                              # autoSubscribeOption
  | PRIORITY sign=MINUS? value=INTEGER                                          # priorityOption
  | LPAREN (parameters+=parameter (COMMA parameters+=parameter)*)? RPAREN       # parametersOption
  | PLAN HINT hintList                                                          # hintOption
  ;
block : BEGIN (items+=blockItem (SEMICOLON items+=blockItem)*)? SEMICOLON? END ;
// A WITH that ends at its semicolon is seen by every query after it; otherwise it belongs to the query it precedes.
blockItem : withClause queryBody? | queryBody ;

hintList : LPAREN hints+=hint (COMMA hints+=hint)* RPAREN ;
hint : key=label (EQUAL values+=expr | LPAREN values+=expr (COMMA values+=expr)* RPAREN)? ;
planHint : PLAN HINT name=word hintList ;

use : USE (path=STRING | library=word (DOT libraryPart+=label)*) ;

assume
  : ASSUME tableName=qualifiedName
    ( columnList (REFERENCES target=qualifiedName targetColumns=columnList? | UNIQUE | NOT NULL_)
    | UNIQUE columnList
    | CHECK LPAREN condition=expr RPAREN
    )
  ;

test : TEST name=STRING AS BEGIN (steps+=testStep (SEMICOLON steps+=testStep)*)? SEMICOLON? END ;
testStep
  : INSERT INTO qualifiedName columnList? VALUES rows                           # insertStep
  | UPDATE qualifiedName SET assignment (COMMA assignment)* (WHERE expr)?       # updateStep
  | DELETE FROM qualifiedName (WHERE expr)?                                     # deleteStep
  | CONNECT AS LPAREN (subject=expr (COMMA claims+=argument)*)? RPAREN
    (WITH connection=arguments)? (SUBSCRIBE subscriptions+=subscription (COMMA subscriptions+=subscription)*)?  # connectStep
  | EXPECT NOTHING                                                              # expectNothingStep
  | EXPECT name=word columnList VALUES rows                                     # expectStep
  ;
assignment : word EQUAL expr ;
subscription : word arguments? (PRIORITY value=INTEGER)? ;
arguments : LPAREN (argument (COMMA argument)*)? RPAREN ;
argument : (label | STRING) FAT_ARROW expr ;

// ---- Queries -----------------------------------------------------------------------------------------------------

query : withClause? queryBody ;
withClause : WITH RECURSIVE? ctes+=cte (COMMA ctes+=cte)* ;
cte : word columnList? AS (NOT? MATERIALIZED)? LPAREN query RPAREN ;

queryBody
  : first=queryArm rest+=setOperation*
    (ORDER BY orderTerms)?
    limits+=limitClause*
  ;
setOperation : setOperator queryArm ;
limitClause
  : LIMIT (ALL | count=operand (COMMA second=operand)?) (PER LPAREN per+=expr (COMMA per+=expr)* RPAREN)?
  | OFFSET offset=operand ROWS?
  ;
setOperator : (UNION | EXCEPT | INTERSECT) (ALL | DISTINCT)? ;
queryArm
  : select
  | VALUES rows
  | LPAREN query RPAREN
  ;
rows : list+=row (COMMA list+=row)* ;
row : LPAREN items+=expr (COMMA items+=expr)* RPAREN ;

select
  : SELECT (DISTINCT | ALL)? items+=selectItem (COMMA items+=selectItem)*
    (INTO into=word)?
    (FROM tables+=fromItem (COMMA tables+=fromItem)*)?
    (WHERE where=expr)?
    (GROUP BY groups+=expr (COMMA groups+=expr)*)?
    (HAVING having=expr)?
    (WINDOW windows+=namedWindow (COMMA windows+=namedWindow)*)?
  ;
selectItem
  : STAR
  | word DOT (label DOT)? STAR
  | expr (AS label | bareAlias)?
  ;
namedWindow : word AS window ;

fromItem : fromPrimary joins+=joinPart* ;
joinPart
  : CROSS JOIN fromPrimary
  | NATURAL? joinKind? JOIN fromPrimary (ON on=expr | USING columnList)?
  ;
joinKind : INNER | (LEFT | RIGHT | FULL) OUTER? ;
fromPrimary
  : LATERAL? word (DOT label)? (functionArguments (WITH ORDINALITY)?)? tableAlias?
  | LATERAL? LPAREN query RPAREN tableAlias?
  | LPAREN fromItem RPAREN tableAlias?
  ;
tableAlias : (AS word | bareAlias) columnList? ;

orderTerms : terms+=orderTerm (COMMA terms+=orderTerm)* ;
orderTerm : expr (ASC | DESC)? (NULLS (FIRST | LAST))? ;

// ---- Expressions -------------------------------------------------------------------------------------------------
// OR < AND < NOT < = <> IS IN LIKE BETWEEN < "< <= > >=" < "& | << >> &&" < "+ -" < "* / %" < "|| -> ->>" < COLLATE
// < unary < ::, which is SQLite's order. The two levels of comparisons are one rule here; the tree builder tells
// them apart.

expr : arms+=conjunction (OR arms+=conjunction)* ;
conjunction : arms+=negation (AND arms+=negation)* ;
negation : NOT inner=negation | plain=comparison ;

comparison : first=operand suffixes+=comparisonSuffix* ;
comparisonSuffix
  : comparator (rhs=comparisonOperand | quantifier=(ANY | SOME | ALL) LPAREN (query | array=expr) RPAREN)  # compareSuffix
  | IS NOT? (DISTINCT FROM)? rhs=operand                                        # isSuffix
  | NOT? IN inTarget                                                            # inSuffix
  | NOT? BETWEEN low=operand AND high=operand                                   # betweenSuffix
  | NOT? likeOperator pattern=operand (ESCAPE escape=operand)?                  # likeSuffix
  | (ISNULL | NOTNULL | NOT NULL_)                                               # nullSuffix
  ;
comparator : EQUAL | NOT_EQUAL | LESS | LESS_EQUAL | GREATER | GREATER_EQUAL ;
comparisonOperand : plain=operand | NOT inner=negation ;
likeOperator : LIKE | ILIKE | GLOB | REGEXP | MATCH | SIMILAR TO ;

inTarget
  : LPAREN (query | items+=expr (COMMA items+=expr)*)? RPAREN
  | inValue
  ;
inValue : simple (COLONS casts+=castType)* (op+=(ARROW | LONG_ARROW | CONCAT) args+=primary)* ;

operand
  : first=primary                                                               # primaryOperand
  | op=(PLUS | MINUS | TILDE | DOUBLE_TILDE) operand                            # unaryOperand
  | operand COLLATE qualifiedName                                               # collateOperand
  | lhs=operand AT TIME ZONE rhs=operand                                        # zoneOperand
  | lhs=operand op=(CONCAT | ARROW | LONG_ARROW) rhs=operand                    # binaryOperand
  | lhs=operand op=(STAR | SLASH | PERCENT) rhs=operand                         # binaryOperand
  | lhs=operand op=(PLUS | MINUS) rhs=operand                                   # binaryOperand
  | lhs=operand op=(AMPERSAND | BAR | SHIFT_LEFT | SHIFT_RIGHT | OVERLAPS | TILDE | DOUBLE_TILDE | OTHER_OPERATOR)
    rhs=operand                                                                 # binaryOperand
  | lhs=operand op=(TILDE | DOUBLE_TILDE | OTHER_OPERATOR) quantifier=(ANY | SOME | ALL)
    LPAREN (query | array=expr) RPAREN                                          # quantifiedOperand
  ;

primary : (plain=simple | parenthesised) suffixes+=postfix* ;
postfix
  : COLONS castType
  | LBRACKET subscript=expr RBRACKET
  ;
parenthesised : LPAREN (query | items+=expr (COMMA items+=expr)*) RPAREN ;

simple
  : constant=literal
  | PARAMETER
  | PLACEHOLDER
  | RAW_EXPRESSION
  | INTERVAL STRING intervalUnit?
  | CASE subject=expr? arms+=caseArm+ (ELSE otherwise=expr)? END
  | CAST LPAREN value=expr AS columnType RPAREN
  | EXISTS LPAREN query RPAREN
  | ARRAY LBRACKET (items+=expr (COMMA items+=expr)*)? RBRACKET
  | ARRAY LPAREN query RPAREN
  | keyword=(CURRENT_DATE | CURRENT_TIME | CURRENT_TIMESTAMP | CURRENT_USER | SESSION_USER)
  | keyword=(LEFT | RIGHT | LIKE | GLOB) functionCall
  | named=nameOrCall
  ;
literal : STRING | INTEGER | REAL | NULL_ | TRUE | FALSE | BLOB | ESCAPE_STRING | DOLLAR_STRING | MALFORMED_NUMBER ;
intervalUnit : YEAR | MONTH | DAY | HOUR | MINUTE | SECOND ;
caseArm : WHEN condition=expr THEN result=expr ;

// A column, a call, or a literal with its type before it (date '2024-01-01').
nameOrCall : first=word (DOT rest+=label (DOT rest+=label)?)? (call=functionCall | text=STRING)? ;
functionCall : functionArguments (FILTER LPAREN WHERE filter=expr RPAREN)? (OVER (window | windowName=word))? ;
functionArguments
  : LPAREN (STAR | (DISTINCT | ALL)? args+=functionArgument (COMMA args+=functionArgument)* (ORDER BY orderTerms)?)?
    RPAREN
  ;
// extract(field FROM x), substring(x FROM a FOR b)
functionArgument : expr (FROM from=expr)? (FOR length=expr)? ;

window
  : LPAREN base=windowBase? (PARTITION BY partitions+=expr (COMMA partitions+=expr)*)? (ORDER BY orderTerms)?
    frame? RPAREN
  ;
windowBase : IDENTIFIER | QUOTED_NAME ;
frame : (ROWS | RANGE | GROUPS) anything+ ;

// ---- Tables, types, indexes --------------------------------------------------------------------------------------

table
  : (TEMP | TEMPORARY | UNLOGGED | FOREIGN)? TABLE ifNotExists? name=qualifiedName
    ( LPAREN (elements+=tableElement (COMMA elements+=tableElement)*)? RPAREN tableSuffix*
    | PARTITION OF parent=qualifiedName anything*
    | OF anything+
    )
  | VIRTUAL TABLE ifNotExists? name=qualifiedName USING anything+
  ;
ifNotExists : IF NOT EXISTS ;
// SQLite needs no comma between two constraints.
tableElement : tableConstraint+ | LIKE anything+ | columnDef ;
tableSuffix
  : WITHOUT without=word
  | STRICT
  | COMMA
  | INHERITS LPAREN parents+=qualifiedName (COMMA parents+=qualifiedName)* RPAREN
  | LPAREN anything* RPAREN
  | ignoredSuffix
  ;
// PARTITION BY, WITH (…), TABLESPACE, USING, SERVER … OPTIONS (…)
ignoredSuffix : ~(WITHOUT | STRICT | COMMA | INHERITS | LPAREN | RPAREN) ;

columnDef : name=word columnType? constraints+=columnConstraint* ;
columnConstraint
  : CONSTRAINT word                                                             # namedConstraint
  | NOT NULL_ (conflictClause | noInherit)?                                      # notNullConstraint
  | NULL_                                                                        # nullConstraint
  | PRIMARY KEY (ASC | DESC)? conflictClause? AUTOINCREMENT?                    # primaryKeyConstraint
  | UNIQUE nullsDistinct? conflictClause?                                       # uniqueConstraint
  | CHECK LPAREN expr RPAREN noInherit?                                         # checkConstraint
  | DEFAULT defaultOperand                                                      # defaultConstraint
  | COLLATE qualifiedName                                                       # collateConstraint
  | foreignKeyTarget                                                            # referencesConstraint
  | GENERATED (ALWAYS | BY DEFAULT) AS IDENTITY (LPAREN anything* RPAREN)?      # identityConstraint
  | (GENERATED ALWAYS)? AS LPAREN expr RPAREN (STORED | VIRTUAL)?               # generatedConstraint
  | word LPAREN word STRING (COMMA word STRING)* RPAREN                         # optionsConstraint
  ;
noInherit : NO word ;
nullsDistinct : NULLS NOT? DISTINCT ;
conflictClause : ON CONFLICT word ;
foreignKeyTarget : REFERENCES qualifiedName columnList? options+=foreignKeyOption* ;
foreignKeyOption
  : ON event=(DELETE | UPDATE) referentialAction
  | MATCH (word | FULL)
  | NOT? DEFERRABLE
  | INITIALLY (DEFERRED | IMMEDIATE)
  | NOT IDENTIFIER   // ENFORCED
  ;
referentialAction : CASCADE | RESTRICT | NO second=ACTION | SET second=(NULL_ | DEFAULT) columnList? ;

tableConstraint : (CONSTRAINT name=word)? constraintBody options+=constraintOption* ;
constraintBody
  : PRIMARY KEY indexedColumns conflictClause?                                  # primaryKeyBody
  | UNIQUE nullsDistinct? indexedColumns conflictClause?                        # uniqueBody
  | CHECK LPAREN expr RPAREN                                                    # checkBody
  | FOREIGN KEY columnList foreignKeyTarget                                     # foreignKeyBody
  | FOREIGN KEY periodList REFERENCES qualifiedName periodList                  # periodKeyBody
  | EXCLUDE anything+                                                           # excludeBody
  | NOT NULL_ word                                                               # notNullBody
  ;
// A, B, PERIOD C
periodList : LPAREN (word COMMA)* word word RPAREN ;
constraintOption
  : NOT VALID
  | NOT IDENTIFIER   // ENFORCED
  | noInherit
  | NOT? DEFERRABLE
  | INITIALLY (DEFERRED | IMMEDIATE)
  | INCLUDE columnList
  | USING INDEX word word
  ;
// Without COLLATE, which after a default is the column's. With it, reading on to tell them apart takes time that
// grows with the square of what follows.
defaultOperand : terms+=defaultTerm (ops+=(CONCAT | PLUS | MINUS | STAR | SLASH | PERCENT) terms+=defaultTerm)* ;
defaultTerm : op=(PLUS | MINUS | TILDE) inner=defaultTerm | plain=primary ;
indexedColumns : LPAREN columns+=indexedColumn (COMMA columns+=indexedColumn)* RPAREN ;
indexedColumn : name=word (COLLATE qualifiedName)? (ASC | DESC)? AUTOINCREMENT? (WITHOUT word)? ;   // WITHOUT OVERLAPS

enumType : TYPE qualifiedName AS ENUM LPAREN (labels+=STRING (COMMA labels+=STRING)*)? RPAREN ;
domain : DOMAIN qualifiedName AS? columnType constraints+=columnConstraint* ;

index
  : UNIQUE? INDEX CONCURRENTLY? ifNotExists? name=qualifiedName? ON ONLY? tableName=qualifiedName (USING word)?
    LPAREN columns+=indexColumn (COMMA columns+=indexColumn)* RPAREN
    (INCLUDE columnList)? nullsDistinct? (WITH LPAREN anything* RPAREN)? (WHERE where=expr)?
  ;
indexColumn : expr qualifiedName? (ASC | DESC)? (NULLS (FIRST | LAST))? ;

alterTable : ALTER TABLE (IF EXISTS)? ONLY? qualifiedName STAR? actions+=alteration (COMMA actions+=alteration)* ;
alteration
  : ADD tableConstraint                                                         # addConstraint
  | ADD COLUMN? ifNotExists? columnDef                                          # addColumn
  | (ENABLE | DISABLE | FORCE | NO FORCE) ROW LEVEL SECURITY                    # rowSecurity
  | REPLICA IDENTITY (DEFAULT | FULL | NOTHING | USING INDEX word)              # replicaIdentity
  | ALTER COLUMN? word alterColumn                                              # alterColumnAction
  | ATTACH PARTITION qualifiedName anything*                                    # attachPartition
  | (ENABLE | DISABLE) ~(ROW | LPAREN | RPAREN | COMMA) ignored*                # ignoredAction
  | NO ~(FORCE | LPAREN | RPAREN | COMMA) ignored*                              # ignoredAction
  | ~(ADD | ENABLE | DISABLE | FORCE | NO | REPLICA | ALTER | ATTACH | LPAREN | RPAREN | COMMA) ignored*  # ignoredAction
  ;
alterColumn
  : SET NOT NULL_                                                               # setNotNull
  | DROP NOT NULL_                                                              # dropNotNull
  | SET DEFAULT expr                                                            # setDefault
  | DROP DEFAULT                                                                # dropDefault
  | (SET DATA)? TYPE columnType (COLLATE qualifiedName)? (USING expr)?          # setType
  | SET (LPAREN anything* RPAREN | ~(NOT | DEFAULT | DATA | LPAREN | RPAREN | COMMA) ignored*)  # ignoredChange
  | DROP ~(NOT | DEFAULT | LPAREN | RPAREN | COMMA) ignored*                    # ignoredChange
  | ~(SET | DROP | TYPE | LPAREN | RPAREN | COMMA) ignored*                     # ignoredChange
  ;
// Tokens of no interest up to the next comma outside parentheses.
ignored : ~(LPAREN | RPAREN | COMMA) | LPAREN anything* RPAREN ;
alterEnum
  : ALTER TYPE qualifiedName ADD VALUE ifNotExists? value=STRING ((BEFORE | AFTER) other=STRING)?
  ;

// Tokens of no interest, parentheses balanced.
anything : ~(LPAREN | RPAREN) | LPAREN anything* RPAREN ;

// ---- Types -------------------------------------------------------------------------------------------------------

// In a column definition and in CAST: any number of words, since SQLite takes them all.
columnType : typeWord (DOT label)? typePart* arraySuffix* ;
typePart : typeWord | typeArguments | WITH TIME ZONE ;
// After ::, where a word may also be an alias.
castType
  : ( DOUBLE PRECISION?
    | (CHARACTER | CHAR | BIT) VARYING?
    | word (DOT label)?
    ) typeArguments? ((WITH | WITHOUT) TIME ZONE)? arraySuffix*
  ;
typeArguments : LPAREN args+=typeArgument (COMMA args+=typeArgument)* RPAREN ;
typeArgument : (PLUS | MINUS)? (INTEGER | REAL) | word | STRING ;
arraySuffix : LBRACKET INTEGER? RBRACKET | ARRAY ;

// ---- Names -------------------------------------------------------------------------------------------------------

qualifiedName : word (DOT label (DOT label)?)? ;
columnList : LPAREN columns+=word (COMMA columns+=word)* RPAREN ;

// Any word where no other meaning is possible: after a dot and after AS.
label : word | reserved ;

// A name: every keyword that is not reserved is one too.
word
  : IDENTIFIER | QUOTED_NAME
  | BY | ASC | DESC | NULLS | FIRST | LAST | OFFSET | PER | RECURSIVE | MATERIALIZED | ORDINALITY
  | OUTER | REGEXP | MATCH | SIMILAR | TO | FILTER | OVER | PARTITION | ROWS | RANGE | GROUPS | AT
  | TIME | ZONE | INTERVAL | YEAR | MONTH | DAY | HOUR | MINUTE | SECOND | FOR | PRECISION | DOUBLE
  | VARYING | CHARACTER | CHAR | BIT | TIMESTAMP | NATIONAL | TEMP | TEMPORARY | UNLOGGED | VIRTUAL | IF
  | KEY | GENERATED | ALWAYS | IDENTITY | STORED | AUTOINCREMENT | CONFLICT | WITHOUT | ROWID | STRICT
  | INHERITS | OF | TYPE | ENUM | DOMAIN | ALTER | ONLY | ADD | COLUMN | ENABLE | DISABLE | FORCE | NO
  | ROW | LEVEL | SECURITY | REPLICA | INDEX | SET | DROP | DATA | ATTACH | VALUE | BEFORE | AFTER
  | VALID | UPDATE | DELETE | CASCADE | RESTRICT | ACTION | DEFERRABLE | INITIALLY | DEFERRED
  | IMMEDIATE | EXCLUDE | INCLUDE | CONCURRENTLY | SCHEMA | PRINCIPAL | TENANT | VISIBLE | ISOLATE
  | THROUGH | SHARE | CONFIDENTIAL | POLICY | PERMISSIVE | RESTRICTIVE | VIEW | FUNCTION | RETURNS
  | REPLACE | STREAM | AUTO | SUBSCRIBE | PRIORITY | PLAN | HINT | BEGIN | TEST | INSERT | CONNECT
  | EXPECT | NOTHING | USE | ASSUME
  ;

// A name that may follow an expression or a table without AS.
bareAlias
  : IDENTIFIER | QUOTED_NAME
  | BY | FIRST | LAST | RECURSIVE | MATERIALIZED | ORDINALITY | TO | PARTITION | TIME | ZONE | INTERVAL
  | YEAR | MONTH | DAY | HOUR | MINUTE | SECOND | PRECISION | DOUBLE | VARYING | CHARACTER | CHAR | BIT
  | TIMESTAMP | NATIONAL | TEMP | TEMPORARY | UNLOGGED | VIRTUAL | IF | KEY | GENERATED | ALWAYS
  | IDENTITY | STORED | AUTOINCREMENT | CONFLICT | WITHOUT | ROWID | STRICT | INHERITS | OF | TYPE
  | ENUM | DOMAIN | ALTER | ONLY | ADD | COLUMN | ENABLE | DISABLE | FORCE | NO | ROW | LEVEL | SECURITY
  | REPLICA | INDEX | SET | DROP | DATA | ATTACH | VALUE | BEFORE | AFTER | VALID | UPDATE | DELETE
  | CASCADE | RESTRICT | ACTION | DEFERRABLE | INITIALLY | DEFERRED | IMMEDIATE | EXCLUDE | INCLUDE
  | CONCURRENTLY | SCHEMA | PRINCIPAL | TENANT | VISIBLE | ISOLATE | THROUGH | SHARE | CONFIDENTIAL
  | POLICY | PERMISSIVE | RESTRICTIVE | VIEW | FUNCTION | RETURNS | REPLACE | STREAM | AUTO | SUBSCRIBE
  | PRIORITY | PLAN | HINT | BEGIN | TEST | INSERT | CONNECT | EXPECT | NOTHING | USE | ASSUME
  ;

// A name that may be part of a type.
typeWord
  : IDENTIFIER | QUOTED_NAME | ANY
  | BY | ASC | DESC | NULLS | FIRST | LAST | OFFSET | PER | RECURSIVE | MATERIALIZED | ORDINALITY
  | OUTER | REGEXP | MATCH | SIMILAR | TO | FILTER | OVER | PARTITION | ROWS | RANGE | GROUPS | AT
  | TIME | ZONE | INTERVAL | YEAR | MONTH | DAY | HOUR | MINUTE | SECOND | FOR | PRECISION | DOUBLE
  | VARYING | CHARACTER | CHAR | BIT | TIMESTAMP | NATIONAL | TEMP | TEMPORARY | UNLOGGED | VIRTUAL | IF
  | KEY | IDENTITY | STORED | CONFLICT | WITHOUT | ROWID | INHERITS | OF | TYPE | ENUM | DOMAIN | ALTER
  | ONLY | ADD | COLUMN | ENABLE | DISABLE | FORCE | NO | ROW | LEVEL | SECURITY | REPLICA | INDEX | SET
  | DROP | DATA | ATTACH | VALUE | BEFORE | AFTER | VALID | UPDATE | DELETE | CASCADE | RESTRICT
  | ACTION | DEFERRED | IMMEDIATE | EXCLUDE | INCLUDE | CONCURRENTLY | SCHEMA | PRINCIPAL | TENANT
  | VISIBLE | ISOLATE | THROUGH | SHARE | CONFIDENTIAL | POLICY | PERMISSIVE | RESTRICTIVE | VIEW
  | FUNCTION | RETURNS | REPLACE | STREAM | AUTO | SUBSCRIBE | PRIORITY | PLAN | HINT | BEGIN | TEST
  | INSERT | CONNECT | EXPECT | NOTHING | USE | ASSUME
  ;

// What a name cannot be unless it is quoted.
reserved
  : SELECT | DISTINCT | ALL | AS | INTO | FROM | WHERE | GROUP | HAVING | WINDOW | ORDER | LIMIT | UNION
  | EXCEPT | INTERSECT | VALUES | WITH | LATERAL | JOIN | INNER | LEFT | RIGHT | FULL | CROSS | NATURAL
  | ON | USING | AND | OR | NOT | IN | IS | NULL_ | TRUE | FALSE | LIKE | ILIKE | GLOB | ESCAPE | BETWEEN
  | ISNULL | NOTNULL | EXISTS | ANY | SOME | CASE | WHEN | THEN | ELSE | END | CAST | COLLATE | ARRAY
  | CURRENT_DATE | CURRENT_TIME | CURRENT_TIMESTAMP | CURRENT_USER | SESSION_USER | CREATE | TABLE
  | FOREIGN | CONSTRAINT | PRIMARY | UNIQUE | CHECK | REFERENCES | DEFAULT
  ;
